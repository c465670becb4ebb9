package io.vduse4j.guest;

import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseMessage;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.virtio.VirtioDevice;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A device under our server, attached and detached at will. Its messages are written down. */
final class Served implements AutoCloseable {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final long MOMENT_MILLIS = 200;

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
        server = new VduseServer(node, device, pool, new ServeOptions(true, false, false, false, this::note));
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

    /**
     * Prints all messages from one on and returns the statuses that they set. The last ones are written down a moment
     * after the kernel has gone on, and none may come behind them.
     *
     * @param from place of the first message
     * @param count how many are expected
     */
    List<Integer> statusesFrom(int from, int count) throws IOException {
        Wait.until("messages", SOON, () -> messages.size() >= from + count);
        Wait.pause(MOMENT_MILLIS);
        for (var message : messages.subList(from, messages.size())) {
            Evidence.show(text(message) + (refused.contains(message.id()) ? "  refused" : ""));
        }
        return messages.subList(from, messages.size()).stream()
                .map(message -> ((VduseMessage.SetStatus) message).status())
                .toList();
    }

    /** A message for the eyes of a person. */
    static String text(VduseMessage message) {
        var what = message instanceof VduseMessage.SetStatus set
                ? "SET_STATUS 0x%02x".formatted(set.status())
                : message.toString();
        return "message %2d  %s".formatted(message.id(), what);
    }

    @Override
    public void close() throws IOException {
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
