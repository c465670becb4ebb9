package io.vduse4j.vduse;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkReply;
import io.vduse4j.vduse.host.VdpaConsumer;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A host with one scripted node, attributes in a map, and a scripted vdpa bus. */
class FakeHost implements VduseHost {
    final FakeNode node = new FakeNode();
    final Map<String, String> attributes = new HashMap<>();
    final List<String> log = new ArrayList<>();
    byte[] sent = {};
    NetlinkReply reply = new NetlinkReply(0, "", List.of());

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public VduseNode open(String name) {
        log.add("open " + name);
        return node;
    }

    @Override
    public String readAttribute(String device, String attribute) throws IOException {
        var value = attributes.get(device + "/" + attribute);
        if (value == null) {
            throw new LinuxException("open", device + "/" + attribute, Errno.ENOENT);
        }
        return value;
    }

    @Override
    public void writeAttribute(String device, String attribute, String value) throws IOException {
        attributes.put(device + "/" + attribute, value);
    }

    @Override
    public NetlinkReply vdpa(int command, boolean dump, byte[] request, Duration timeout) throws IOException {
        log.add("vdpa " + command + (dump ? " dump" : ""));
        sent = request;
        return reply;
    }

    @Override
    public void bind(String device, String driver) throws IOException {
        log.add("bind " + device + " " + driver);
    }

    @Override
    public List<String> devices() {
        return List.of();
    }

    @Override
    public boolean isAttached(String device) {
        return false;
    }

    @Override
    public Optional<VdpaConsumer> consumer(String device) {
        return Optional.empty();
    }

    @Override
    public void close() {}
}
