package io.vduse4j.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects the messages that answer one request, out of the datagrams of a socket. What belongs to another request is
 * passed over; what is malformed is refused with {@link IllegalArgumentException}.
 */
final class NetlinkReplyReader {
    private final int family;
    private final int sequence;
    private final int port;
    private final boolean dump;
    private final List<NetlinkMessage> messages = new ArrayList<>();
    private boolean interrupted;
    private NetlinkReply reply;

    NetlinkReplyReader(int family, int sequence, int port, boolean dump) {
        this.family = family;
        this.sequence = sequence;
        this.port = port;
        this.dump = dump;
    }

    /** Takes one datagram; returns whether the reply is now complete. */
    boolean accept(ByteBuffer datagram) {
        var bytes = datagram.slice().order(ByteOrder.nativeOrder());
        int at = 0;
        while (at < bytes.limit() && reply == null) {
            int left = bytes.limit() - at;
            int length = left < NetlinkLayout.NLMSGHDR_SIZE ? 0 : bytes.getInt(at + NetlinkLayout.NLMSG_LEN);
            if (length < NetlinkLayout.NLMSGHDR_SIZE || length > left) {
                throw new IllegalArgumentException(
                        "netlink message of length " + length + " with " + left + " bytes left");
            }
            if (bytes.getInt(at + NetlinkLayout.NLMSG_SEQ) == sequence
                    && bytes.getInt(at + NetlinkLayout.NLMSG_PID) == port) {
                message(bytes.slice(at, length).order(ByteOrder.nativeOrder()));
            }
            at = Math.min(bytes.limit(), at + NetlinkLayout.align(length));
        }
        return reply != null;
    }

    private void message(ByteBuffer message) {
        int type = Short.toUnsignedInt(message.getShort(NetlinkLayout.NLMSG_TYPE));
        int flags = Short.toUnsignedInt(message.getShort(NetlinkLayout.NLMSG_FLAGS));
        interrupted |= (flags & NetlinkLayout.NLM_F_DUMP_INTR) != 0;
        if (type == NetlinkLayout.NLMSG_ERROR) {
            error(message, flags);
        } else if (type == NetlinkLayout.NLMSG_DONE && dump) {
            done(message, flags);
        } else if (type == family) {
            if (message.limit() < NetlinkLayout.NLMSGHDR_SIZE + NetlinkLayout.GENLMSGHDR_SIZE) {
                throw new IllegalArgumentException("generic netlink message of length " + message.limit());
            }
            int command = Byte.toUnsignedInt(message.get(NetlinkLayout.NLMSGHDR_SIZE + NetlinkLayout.GENL_COMMAND));
            var attributes = from(message, NetlinkLayout.NLMSGHDR_SIZE + NetlinkLayout.GENLMSGHDR_SIZE);
            messages.add(new NetlinkMessage(command, attributes));
        } else if (type != NetlinkLayout.NLMSG_NOOP) {
            throw new IllegalArgumentException("netlink message of type " + type + " in reply to family " + family);
        }
    }

    /** An error, or with the number 0 the acknowledgement that all is done. */
    private void error(ByteBuffer message, int flags) {
        if (message.limit() < NetlinkLayout.NLMSGHDR_SIZE + NetlinkLayout.NLMSGERR_SIZE) {
            throw new IllegalArgumentException("netlink error message of length " + message.limit());
        }
        int end = NetlinkLayout.NLMSGHDR_SIZE + NetlinkLayout.NLMSGERR_SIZE;
        if ((flags & NetlinkLayout.NLM_F_CAPPED) == 0) {
            // The request is repeated whole, its header among it.
            long request =
                    Integer.toUnsignedLong(message.getInt(NetlinkLayout.NLMSGHDR_SIZE + NetlinkLayout.NLMSGERR_MSG));
            long padded = (NetlinkLayout.NLMSGHDR_SIZE + NetlinkLayout.NLMSGERR_MSG + request + 3) & -4L;
            end = (int) Math.max(end, Math.min(padded, message.limit()));
        }
        finish(message, flags, end);
    }

    /** The end of a dump; old kernels send no error with it. */
    private void done(ByteBuffer message, int flags) {
        if (message.limit() < NetlinkLayout.NLMSGHDR_SIZE + 4) {
            reply = new NetlinkReply(0, "", messages);
        } else {
            finish(message, flags, NetlinkLayout.NLMSGHDR_SIZE + 4);
        }
    }

    private void finish(ByteBuffer message, int flags, int attributesAt) {
        int error = message.getInt(NetlinkLayout.NLMSGHDR_SIZE);
        if (error > 0 || error < -4095) {
            throw new IllegalArgumentException("netlink error number " + error);
        }
        var attributes = (flags & NetlinkLayout.NLM_F_ACK_TLVS) == 0
                ? NetlinkAttributes.none()
                : from(message, Math.min(attributesAt, message.limit()));
        reply = new NetlinkReply(
                -error, attributes.string(NetlinkLayout.NLMSGERR_ATTR_MSG).orElse(""), messages);
    }

    private static NetlinkAttributes from(ByteBuffer message, int at) {
        return NetlinkAttributes.parse(message.slice(at, message.limit() - at));
    }

    /** Tells whether what was dumped changed meanwhile, so that the dump is not of one moment. */
    boolean isInterrupted() {
        return interrupted;
    }

    /** Returns the reply, once {@link #accept} has said that it is complete. */
    NetlinkReply reply() {
        return reply;
    }
}
