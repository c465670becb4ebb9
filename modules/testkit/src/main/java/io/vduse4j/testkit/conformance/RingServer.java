package io.vduse4j.testkit.conformance;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Completes whatever requests a block device gets: reads give bytes of one value. Works when it is told to. One thread. */
final class RingServer implements AutoCloseable {
    private final Node node;
    private final int queues;
    private final byte value;
    private final Map<Integer, Ring> rings = new HashMap<>();
    private final Set<Ring> toInterrupt = new HashSet<>();
    private Ring.Window buffers;

    /**
     * Serves nothing yet.
     *
     * @param node the device
     * @param queues how many it has
     * @param value of every byte that is read
     */
    RingServer(Node node, int queues, int value) {
        this.node = node;
        this.queues = queues;
        this.value = (byte) value;
    }

    /** Does what there is to do. */
    void serve() throws LinuxException {
        for (int queue = 0; queue < queues; queue++) {
            if (!node.info(queue).ready()) {
                continue;
            }
            if (!rings.containsKey(queue)) {
                rings.put(queue, new Ring(node, queue));
            }
            serve(rings.get(queue));
        }
        toInterrupt.removeIf(ring -> ring.interrupt() == 0);
    }

    private void serve(Ring ring) {
        while (true) {
            var chain = ring.take(this::host);
            if (chain.isEmpty()) {
                return;
            }
            int written = 1;
            for (var buffer : chain.get().data()) {
                if (buffer.writable()) {
                    NativeMemory.ALL.asSlice(buffer.host(), buffer.length()).fill(value);
                    written += buffer.length();
                }
            }
            ring.complete(chain.get(), written);
            toInterrupt.add(ring);
        }
    }

    private long host(long iova) {
        try {
            if (buffers == null) {
                buffers = Ring.Window.of(node, iova);
            }
            return buffers.host(iova);
        } catch (LinuxException failure) {
            throw new AssertionError("the bounce buffer cannot be mapped", failure);
        }
    }

    /** Forgets the queues: the driver resets the device. */
    void forget() {
        rings.values().forEach(Ring::close);
        rings.clear();
        toInterrupt.clear();
        if (buffers != null) {
            buffers.close();
            buffers = null;
        }
    }

    @Override
    public void close() {
        forget();
    }
}
