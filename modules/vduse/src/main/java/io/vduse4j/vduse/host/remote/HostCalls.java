package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.NodeName;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.time.Duration;

/**
 * Requests to the host itself, which may take long. They are decoded by the thread that receives and run by another one.
 *
 * @param host the host that is served
 */
record HostCalls(VduseHost host) {

    /** A request that was decoded. */
    interface Call {
        Frame run() throws IOException;
    }

    /**
     * Decodes a request.
     *
     * @throws LinuxException EPROTO
     */
    Call decode(Op op, Frame frame) throws LinuxException {
        var body = new BodyReader(frame);
        int id = frame.id();
        if (op == Op.VDPA) {
            int command = body.u32();
            boolean dump = body.u32() != 0;
            var timeout = Duration.ofMillis(Math.clamp(body.s64(), 0, Protocol.MAX_VDPA_MILLIS));
            var attributes = body.rest();
            return () -> Frame.of(op, id, 0, VdpaCodec.body(host.vdpa(command, dump, attributes, timeout)));
        }
        if (op == Op.DEVICES) {
            body.end();
            return () -> devices(id);
        }
        var device = body.string();
        Call call = switch (op) {
            case READ_ATTRIBUTE -> {
                var attribute = body.string();
                yield () -> readAttribute(id, device, attribute);
            }
            case WRITE_ATTRIBUTE -> {
                var attribute = body.string();
                var value = body.string();
                yield () -> writeAttribute(id, device, attribute, value);
            }
            case BIND -> {
                var driver = body.string();
                yield () -> bind(id, device, driver);
            }
            case IS_ATTACHED -> () -> Frame.of(op, id, host.isAttached(device) ? 1 : 0);
            case CONSUMER -> () -> consumer(id, device);
            default -> throw new IllegalArgumentException("not a call of the host: " + op);
        };
        body.end();
        return call;
    }

    private Frame readAttribute(int id, String device, String attribute) throws IOException {
        checkAttribute(device, attribute);
        var text = host.readAttribute(device, attribute);
        return Frame.of(Op.READ_ATTRIBUTE, id, 0, new BodyWriter().string(text).body());
    }

    private Frame writeAttribute(int id, String device, String attribute, String value) throws IOException {
        checkAttribute(device, attribute);
        host.writeAttribute(device, attribute, value);
        return Frame.of(Op.WRITE_ATTRIBUTE, id, 0);
    }

    /** A client must not leave the device's directory: a host may take an attribute as a path. */
    private static void checkAttribute(String device, String attribute) throws LinuxException {
        NodeName.check("open", device);
        if (attribute.startsWith("/")) {
            throw new LinuxException("open", "attribute", Errno.EINVAL, "it begins with '/'");
        }
        for (var part : attribute.split("/", -1)) {
            NodeName.check("open attribute", part);
        }
    }

    private Frame bind(int id, String device, String driver) throws IOException {
        NodeName.check("bind", device);
        NodeName.check("bind", driver);
        host.bind(device, driver);
        return Frame.of(Op.BIND, id, 0);
    }

    private Frame devices(int id) throws IOException {
        var body = new BodyWriter();
        var names = host.devices();
        names.forEach(body::string);
        if (body.body().length > Protocol.MAX_ANSWER) {
            throw new LinuxException("list", "devices", Errno.EMSGSIZE, names.size() + " are too many for an answer");
        }
        return Frame.of(Op.DEVICES, id, names.size(), body.body());
    }

    private Frame consumer(int id, String device) throws IOException {
        var consumer = host.consumer(device);
        if (consumer.isEmpty()) {
            return Frame.of(Op.CONSUMER, id, 0);
        }
        var body = new BodyWriter()
                .string(consumer.get().node())
                .s64(consumer.get().size().orElse(-1));
        return Frame.of(Op.CONSUMER, id, 1, body.body());
    }
}
