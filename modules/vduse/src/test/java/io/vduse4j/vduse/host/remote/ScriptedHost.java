package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkReply;
import io.vduse4j.vduse.host.VdpaConsumer;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A host whose devices are scripted nodes, each open once at a time, and that notes what it is asked. */
final class ScriptedHost implements VduseHost {
    final Map<String, ScriptedDevice> devices = new ConcurrentHashMap<>();
    final Map<String, String> attributes = new ConcurrentHashMap<>();
    final Map<String, VdpaConsumer> consumers = new ConcurrentHashMap<>();
    final List<String> log = new CopyOnWriteArrayList<>();
    volatile NetlinkReply reply = new NetlinkReply(0, "", List.of());
    volatile byte[] request = {};
    /** What a netlink request waits for. */
    volatile CountDownLatch gate = new CountDownLatch(0);

    ScriptedDevice device(String name) {
        return devices.computeIfAbsent(name, ScriptedDevice::new);
    }

    @Override
    public String name() {
        return "scripted";
    }

    @Override
    public VduseNode open(String node) throws IOException {
        if (node.equals("defect")) {
            throw new IllegalStateException("planted");
        }
        var device = devices.get(node);
        if (device == null) {
            throw new LinuxException("open", "/dev/vduse/" + node, Errno.ENOENT, "no such device here");
        }
        return device.open();
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
    public void writeAttribute(String device, String attribute, String value) {
        attributes.put(device + "/" + attribute, value);
    }

    @Override
    public NetlinkReply vdpa(int command, boolean dump, byte[] wanted, Duration timeout) throws IOException {
        log.add("vdpa " + command + " " + dump + " " + timeout);
        request = wanted;
        try {
            if (!gate.await(20, TimeUnit.SECONDS)) {
                throw new LinuxException("vdpa", "gate", Errno.ETIMEDOUT);
            }
        } catch (InterruptedException ended) {
            throw new IOException(ended);
        }
        return reply;
    }

    @Override
    public void bind(String device, String driver) throws IOException {
        if (driver.equals("none")) {
            throw new LinuxException("bind", device, Errno.ENODEV, "there is no driver none");
        }
        log.add("bind " + device + " " + driver);
    }

    @Override
    public List<String> devices() {
        return List.copyOf(consumers.keySet());
    }

    @Override
    public boolean isAttached(String device) {
        return consumers.containsKey(device);
    }

    @Override
    public Optional<VdpaConsumer> consumer(String device) {
        return Optional.ofNullable(consumers.get(device));
    }

    @Override
    public void close() {}
}
