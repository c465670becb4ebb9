package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.linux.NetlinkMessage;
import io.vduse4j.linux.NetlinkReply;
import java.util.ArrayList;

/** Answers of the netlink family vdpa as bodies. */
final class VdpaCodec {
    private VdpaCodec() {}

    /** @throws LinuxException EMSGSIZE if it is longer than an answer may be */
    static byte[] body(NetlinkReply reply) throws LinuxException {
        var body = new BodyWriter()
                .u32(reply.errno())
                .string(reply.extAck())
                .u32(reply.messages().size());
        for (var message : reply.messages()) {
            var attributes = bytes(message.attributes());
            body.u32(message.command()).u32(attributes.length).bytes(attributes);
        }
        var bytes = body.body();
        if (bytes.length > Protocol.MAX_ANSWER - Protocol.HEADER_SIZE) {
            throw new LinuxException("vdpa", "answer", Errno.EMSGSIZE, bytes.length + " bytes: ask for one device");
        }
        return bytes;
    }

    private static byte[] bytes(NetlinkAttributes attributes) {
        var builder = NetlinkAttributes.builder();
        attributes.types().stream()
                .sorted()
                .forEach(type -> builder.bytes(type, attributes.bytes(type).orElseThrow()));
        return builder.build();
    }

    static NetlinkReply reply(Frame answer) throws LinuxException {
        var body = new BodyReader(answer);
        int errno = body.u32();
        var extAck = body.string();
        int count = body.u32();
        var messages = new ArrayList<NetlinkMessage>();
        // Each takes bytes of the body, which ends long before a hostile count does.
        for (int i = 0; Integer.compareUnsigned(i, count) < 0; i++) {
            int command = body.u32();
            messages.add(new NetlinkMessage(command, attributes(body.bytes(body.u32()))));
        }
        body.end();
        return new NetlinkReply(errno, extAck, messages);
    }

    private static NetlinkAttributes attributes(byte[] bytes) throws LinuxException {
        try {
            return NetlinkAttributes.parse(bytes);
        } catch (IllegalArgumentException malformed) {
            var failure = new LinuxException("receive", "netlink answer", Errno.EPROTO, malformed.getMessage());
            failure.initCause(malformed);
            throw failure;
        }
    }
}
