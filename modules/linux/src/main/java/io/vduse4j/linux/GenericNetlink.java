package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;

/**
 * A generic netlink socket: a request, its reply. One request at a time; other threads wait for their turn.
 *
 * <p>The kernel carries a request out while it is sent, and that cannot be interrupted: the timeout limits the wait for
 * the reply, not the request itself. A command that waits for something (adding a vdpa device waits for the first I/O to
 * it) therefore needs a platform thread that may be lost, and never the thread that it waits for.
 *
 * <p>After an exception, close it and open another: parts of the reply may still come.
 */
public final class GenericNetlink implements AutoCloseable {
    /** No datagram of the kernel is larger: it makes them of 32 KiB at most. */
    private static final int DATAGRAM_SIZE = 64 << 10;

    private static final int RECEIVE_BUFFER = 1 << 20;
    private static final int LARGEST_REQUEST = 16 << 10;

    private final Fd fd;
    private final int port;
    private int sequence;

    private GenericNetlink(Fd fd, int port) {
        this.fd = fd;
        this.port = port;
    }

    /** Opens a socket to the kernel. No privilege is needed for that. */
    public static GenericNetlink open() throws LinuxException {
        int type = SocketLayout.SOCK_RAW | SocketLayout.SOCK_CLOEXEC | SocketLayout.SOCK_NONBLOCK;
        long number = Syscall.call(SyscallNumber.SOCKET, SocketLayout.AF_NETLINK, type, NetlinkLayout.NETLINK_GENERIC);
        var fd = Fd.adopt((int) Syscall.orThrow(number, "socket", "generic netlink"), "generic netlink");
        try (var arena = Arena.ofConfined()) {
            option(fd, arena, SocketLayout.SOL_SOCKET, SocketLayout.SO_RCVBUF, RECEIVE_BUFFER);
            option(fd, arena, NetlinkLayout.SOL_NETLINK, NetlinkLayout.NETLINK_EXT_ACK, 1);
            option(fd, arena, NetlinkLayout.SOL_NETLINK, NetlinkLayout.NETLINK_CAP_ACK, 1);
            var address = kernelAddress(arena);
            Syscall.orThrow(
                    fd.onThis(SyscallNumber.BIND, address.address(), address.byteSize(), 0, 0, 0), "bind", fd.name());
            var length = arena.allocateFrom(JAVA_INT, SocketLayout.SOCKADDR_NL_SIZE);
            Syscall.orThrow(
                    fd.onThis(SyscallNumber.GETSOCKNAME, address.address(), length.address(), 0, 0, 0),
                    "getsockname",
                    fd.name());
            return new GenericNetlink(fd, address.get(JAVA_INT, SocketLayout.NL_PID));
        } catch (LinuxException | RuntimeException problem) {
            fd.close();
            throw problem;
        }
    }

    /** The address of the kernel; to bind, of any free port. */
    private static MemorySegment kernelAddress(Arena arena) {
        var address = arena.allocate(SocketLayout.SOCKADDR_NL_SIZE, 8);
        address.set(JAVA_SHORT, SocketLayout.NL_FAMILY, (short) SocketLayout.AF_NETLINK);
        return address;
    }

    private static void option(Fd fd, Arena arena, int level, int option, int value) throws LinuxException {
        var bytes = arena.allocateFrom(JAVA_INT, value);
        Syscall.orThrow(
                fd.onThis(SyscallNumber.SETSOCKOPT, level, option, bytes.address(), 4, 0), "setsockopt", fd.name());
    }

    /**
     * Returns the number of a family.
     *
     * @param name such as {@code vdpa}
     * @throws LinuxException ENOENT if the kernel has no such family, nor a module for it
     */
    public int family(String name, Duration timeout) throws LinuxException {
        var attributes = NetlinkAttributes.builder()
                .string(NetlinkLayout.CTRL_ATTR_FAMILY_NAME, name)
                .build();
        var reply = request(NetlinkLayout.GENL_ID_CTRL, NetlinkLayout.CTRL_CMD_GETFAMILY, 1, false, attributes, timeout)
                .orThrow("netlink family", name);
        return reply.messages().stream()
                .flatMapToInt(message -> message.attributes().u16(NetlinkLayout.CTRL_ATTR_FAMILY_ID).stream())
                .findFirst()
                .orElseThrow(() -> new LinuxException("netlink family", name, Errno.EBADMSG, "no number in the reply"));
    }

    /**
     * Sends a request and waits for its reply. An error that the kernel answers is part of the reply, not an exception.
     *
     * @param family the number of a family
     * @param command of the family, 0 to 255
     * @param version of the family, 0 to 255
     * @param dump true asks for all objects; a dump that was disturbed by changes is asked for again
     * @param attributes of {@link NetlinkAttributes.Builder}
     * @throws LinuxException ETIMEDOUT; ENOBUFS if a part of the reply was lost; EBADMSG if it makes no sense
     */
    public synchronized NetlinkReply request(
            int family, int command, int version, boolean dump, byte[] attributes, Duration timeout)
            throws LinuxException {
        if (attributes.length > LARGEST_REQUEST) {
            throw new IllegalArgumentException("attributes of " + attributes.length + " bytes");
        }
        long deadline = Deadline.in(timeout);
        try (var arena = Arena.ofConfined()) {
            while (true) {
                var reader = new NetlinkReplyReader(family, ++sequence, port, dump);
                send(arena, header(family, command, version, dump, attributes));
                receive(arena, reader, deadline);
                if (!reader.isInterrupted()) {
                    return reader.reply();
                }
                if (Deadline.millisLeft(deadline) == 0) {
                    throw new LinuxException(
                            "netlink dump", fd.name(), Errno.ETIMEDOUT, "what is dumped changed all the time");
                }
            }
        }
    }

    private ByteBuffer header(int family, int command, int version, boolean dump, byte[] attributes) {
        int length = NetlinkLayout.NLMSGHDR_SIZE + NetlinkLayout.GENLMSGHDR_SIZE + attributes.length;
        // The end of a dump is acknowledgement enough.
        int flags = NetlinkLayout.NLM_F_REQUEST | (dump ? NetlinkLayout.NLM_F_DUMP : NetlinkLayout.NLM_F_ACK);
        return ByteBuffer.allocate(length)
                .order(ByteOrder.nativeOrder())
                .putInt(NetlinkLayout.NLMSG_LEN, length)
                .putShort(NetlinkLayout.NLMSG_TYPE, (short) family)
                .putShort(NetlinkLayout.NLMSG_FLAGS, (short) flags)
                .putInt(NetlinkLayout.NLMSG_SEQ, sequence)
                .putInt(NetlinkLayout.NLMSG_PID, port)
                .put(NetlinkLayout.NLMSGHDR_SIZE + NetlinkLayout.GENL_COMMAND, (byte) command)
                .put(NetlinkLayout.NLMSGHDR_SIZE + NetlinkLayout.GENL_VERSION, (byte) version)
                .put(NetlinkLayout.NLMSGHDR_SIZE + NetlinkLayout.GENLMSGHDR_SIZE, attributes);
    }

    private void send(Arena arena, ByteBuffer request) throws LinuxException {
        var bytes = arena.allocate(request.capacity(), 8).copyFrom(MemorySegment.ofBuffer(request));
        var address = kernelAddress(arena);
        long sent = fd.onThis(
                SyscallNumber.SENDTO, bytes.address(), bytes.byteSize(), 0, address.address(), address.byteSize());
        Syscall.orThrow(sent, "netlink send", fd.name());
    }

    private void receive(Arena arena, NetlinkReplyReader reader, long deadline) throws LinuxException {
        var buffer = arena.allocate(DATAGRAM_SIZE, 8);
        var address = arena.allocate(SocketLayout.SOCKADDR_NL_SIZE, 8);
        var length = arena.allocateFrom(JAVA_INT, SocketLayout.SOCKADDR_NL_SIZE);
        boolean complete = false;
        while (!complete) {
            // With this flag the result is the whole length, even of what did not fit.
            long size = fd.onThis(
                    SyscallNumber.RECVFROM,
                    buffer.address(),
                    DATAGRAM_SIZE,
                    SocketLayout.MSG_TRUNC,
                    address.address(),
                    length.address());
            if (size == -Errno.EAGAIN) {
                await(deadline);
            } else if (Syscall.orThrow(size, "netlink receive", fd.name()) > DATAGRAM_SIZE) {
                throw new LinuxException("netlink receive", fd.name(), Errno.EMSGSIZE, size + " bytes");
            } else if (address.get(JAVA_INT, SocketLayout.NL_PID) == 0) {
                // Others than the kernel, which has number 0, may send to this socket too: not listened to.
                complete = read(reader, ByteBuffer.wrap(buffer.asSlice(0, size).toArray(JAVA_BYTE)));
            } else if (Deadline.millisLeft(deadline) == 0) {
                throw new LinuxException("netlink receive", fd.name(), Errno.ETIMEDOUT);
            }
        }
    }

    private void await(long deadline) throws LinuxException {
        if (Syscall.orThrow(Poll.awaitOne(fd, Poll.POLLIN, deadline), "netlink receive", fd.name()) == 0) {
            throw new LinuxException("netlink receive", fd.name(), Errno.ETIMEDOUT);
        }
    }

    private boolean read(NetlinkReplyReader reader, ByteBuffer datagram) throws LinuxException {
        try {
            return reader.accept(datagram);
        } catch (IllegalArgumentException malformed) {
            var problem = new LinuxException("netlink receive", fd.name(), Errno.EBADMSG, malformed.getMessage());
            problem.initCause(malformed);
            throw problem;
        }
    }

    /** Closes; again does nothing. */
    @Override
    public void close() {
        fd.close();
    }
}
