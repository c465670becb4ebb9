package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkRequest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongUnaryOperator;

/**
 * A disk with a driver, whose one queue a case serves by hand. It begins without sectors, so that nothing is read before
 * {@link #grow}. One thread.
 */
final class LiveDisk implements AutoCloseable {
    static final int SECTORS = 2048;

    /** The smallest bounce buffer that there is. */
    static final long BOUNCE = 1 << 20;

    /** In the middle of the disk, where nobody looks for partitions. */
    static final long SECTOR = 1024;

    /** Bytes of a read. */
    static final int BYTES = 4096;

    /** What the memory of a read is full of before. */
    static final byte BEFORE = 0x55;

    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final long STEP_MILLIS = 5;

    private final Rig rig;
    private final String name = Rig.name();
    private final DeviceConfig config = DeviceConfig.disk(name, 2);
    private Node node;
    private Ring ring;
    private Ring.Window bounce;

    /** Creates the device; its queues have sizes. */
    LiveDisk(Rig rig) throws IOException {
        this.rig = rig;
        node = rig.device(config).setUpAll(config.queues(), 64);
        rig.host().writeAttribute(name, "bounce_size", Long.toString(BOUNCE));
        rig.keep(this);
    }

    String name() {
        return name;
    }

    Node node() {
        return node;
    }

    /** Attaches it, without sectors. */
    LiveDisk attach() throws Exception {
        var empty = new byte[Long.BYTES];
        done(node.setConfig(BlkConfig.CAPACITY, empty.length, empty));
        done(Daemon.of(node).during(rig.attach(name)));
        return this;
    }

    /** Gives it sectors. */
    LiveDisk grow() throws Exception {
        done(node.setConfig(BlkConfig.CAPACITY + 1, 1, (byte) (SECTORS >> 8)));
        Rig.await("an interrupt that is taken", () -> node.injectConfig() == 0);
        Rig.await(
                "the new size",
                () -> rig.host().consumer(name).orElseThrow().size().orElseThrow()
                        == (long) SECTORS * BlkRequest.SECTOR_BYTES);
        return this;
    }

    /** Detaches it. What is in flight is served. */
    void detach() throws Exception {
        close();
        try (var rings = new RingServer(node, config.queues(), 0)) {
            done(Daemon.serving(node, rings).during(rig.detach(name)));
        }
    }

    /** Closes the node and opens it again. */
    void reopen() throws IOException {
        node = rig.reopen(name);
    }

    /** Begins to read, on another thread; the result is what was read. */
    CompletableFuture<MemorySegment> read() {
        var into = rig.arena().allocate(BYTES, BYTES).fill(BEFORE);
        return Rig.aside(() -> {
            rig.target().readDisk(name, SECTOR * BlkRequest.SECTOR_BYTES, into);
            return into;
        });
    }

    /** Waits for the request of {@link #read}, with the bounce buffer mapped; others are completed. */
    Chain take() throws Exception {
        return take(this::host);
    }

    /** As {@link #take()}, with buffers elsewhere. */
    Chain take(LongUnaryOperator hosts) throws Exception {
        long deadline = System.nanoTime() + Rig.PATIENCE.toNanos();
        while (System.nanoTime() - deadline < 0) {
            var chain = poll(hosts);
            if (chain.isEmpty()) {
                Rig.pause(STEP_MILLIS);
            } else if (isOurs(chain.get())) {
                return chain.get();
            } else {
                for (var buffer : chain.get().data()) {
                    MEMORY.asSlice(buffer.host(), buffer.length()).fill((byte) 0);
                }
                complete(chain.get(), 1);
            }
        }
        throw new AssertionError("no read of sector " + SECTOR + " within " + Rig.PATIENCE);
    }

    private Optional<Chain> poll(LongUnaryOperator hosts) throws LinuxException {
        if (ring == null) {
            ring = new Ring(node, 0);
        }
        return ring.take(hosts);
    }

    private static boolean isOurs(Chain chain) {
        long header = chain.buffers().getFirst().host();
        return MEMORY.get(ValueLayout.JAVA_INT, header + BlkRequest.TYPE) == BlkRequest.IN
                && MEMORY.get(ValueLayout.JAVA_LONG, header + BlkRequest.SECTOR) == SECTOR;
    }

    private long host(long iova) {
        try {
            if (bounce == null) {
                bounce = Ring.Window.of(node, iova);
            }
            return bounce.host(iova);
        } catch (LinuxException failure) {
            throw new AssertionError("the bounce buffer cannot be mapped", failure);
        }
    }

    /** Fills the data of a read. */
    static void fill(Chain chain, int value) {
        for (var buffer : chain.data()) {
            MEMORY.asSlice(buffer.host(), buffer.length()).fill((byte) value);
        }
    }

    /** Puts a request into the used ring. */
    void put(Chain chain, int length) {
        ring.complete(chain, length);
    }

    /** Interrupts the driver. */
    void interrupt() throws Exception {
        Rig.await("an interrupt that is taken", () -> node.inject(0) == 0);
    }

    /** Completes a request. */
    void complete(Chain chain, int length) throws Exception {
        put(chain, length);
        interrupt();
    }

    /** Completes a read, which must get this value. */
    void finish(CompletableFuture<MemorySegment> read, Chain chain, int value) throws Exception {
        fill(chain, value);
        complete(chain, BYTES + 1);
        holds(Rig.finish(read), value);
    }

    /** Memory must hold one value. */
    static void holds(MemorySegment memory, int value) {
        var expected = MemorySegment.ofArray(new byte[(int) memory.byteSize()]).fill((byte) value);
        assertThat(memory.mismatch(expected)).as("first other byte").isEqualTo(-1);
    }

    /** Unmaps the queue and the bounce buffer. */
    @Override
    public void close() {
        if (ring != null) {
            ring.close();
            ring = null;
        }
        if (bounce != null) {
            bounce.close();
            bounce = null;
        }
    }
}
