package io.vduse4j.guest;

import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseMessage;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.virtio.VirtioDevice;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A device under our server, attached and detached at will. Its messages are written down. */
final class Served implements AutoCloseable {
    private final Bare bare;
    private final VduseDevice node;
    private final WorkerPool pool;
    private final VduseServer server;
    private final List<VduseMessage> messages = new CopyOnWriteArrayList<>();
    private final List<Integer> refused = new CopyOnWriteArrayList<>();
    private boolean attached;

    /** Creates the device and starts to serve it. */
    Served(String name, VirtioDevice device) throws IOException {
        bare = new Bare(name, device, device.config());
        node = VduseDevice.open(bare.host(), name, device.queues());
        for (int queue = 0; queue < device.queues(); queue++) {
            node.setupQueue(queue, device.maxQueueSize());
        }
        pool = new WorkerPool(1, 0);
        server = new VduseServer(node, device, pool, new ServeOptions(true, false, false, this::note));
    }

    private void note(VduseMessage message, boolean accepted) {
        messages.add(message);
        if (!accepted) {
            refused.add(message.id());
        }
    }

    void attach() throws IOException {
        attached = true;
        bare.attach();
    }

    void detach() throws IOException {
        bare.detach();
        attached = false;
    }

    VduseServer server() {
        return server;
    }

    VduseDevice node() {
        return node;
    }

    /** Every message so far. */
    List<VduseMessage> messages() {
        return messages;
    }

    /** Numbers of the messages that were refused. */
    List<Integer> refused() {
        return refused;
    }

    /** The statuses that the driver has set so far, in order. */
    List<Integer> statuses() {
        return messages.stream()
                .map(message -> ((VduseMessage.SetStatus) message).status())
                .toList();
    }

    /** Prints the messages from one on, as the kernel sent them. */
    void show(int from) {
        for (var message : messages.subList(from, messages.size())) {
            Evidence.show(text(message) + (refused.contains(message.id()) ? "  refused" : ""));
        }
    }

    /** A message for the eyes of a person. */
    static String text(VduseMessage message) {
        var what = message instanceof VduseMessage.SetStatus set
                ? "SET_STATUS 0x%02x".formatted(set.status())
                : message.toString();
        return "message %2d  %s".formatted(message.id(), what);
    }

    @Override
    public void close() throws Exception {
        try (bare;
                node;
                pool;
                server) {
            if (attached) {
                detach();
            }
        }
    }
}
