package io.vduse4j.virtio;

import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;
import static io.vduse4j.virtio.SplitRing.DESC_WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A driver that rewrites descriptors while they are walked, on a thread of its own. */
class DoubleFetchTest {

    private static final long BASE = 0x10_0000;
    private static final int SIZE = 4;
    private static final long TABLE = 0x100;
    private static final long DATA = 0x400;
    private static final long DATA_BYTES = 0x400;
    private static final long END = 0x1000;

    /** Behind the data: there, but not granted. */
    private final TestMemory memory = new TestMemory(END, TestMemory.region(BASE, DATA + DATA_BYTES, 0));

    private final MemorySegment pieces = TestMemory.pieces(SIZE);
    private final Chain chain = new Chain(0, 0, pieces);

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @Spec({"BUG-01", "VS-05"})
    void whateverIsReadTheChainStaysInGrantedMemory() throws Exception {
        var stop = new AtomicBoolean();
        int usable = 0;
        int refused = 0;
        try (var threads = Executors.newSingleThreadExecutor()) {
            var racer = threads.submit(() -> race(stop));
            try {
                var walker = new SplitWalker(SIZE, true, memory);
                for (int i = 0; i < 300_000; i++) {
                    Fault fault = walker.walk(0, 0, chain);
                    check();
                    usable += fault == null && chain.fault() == null ? 1 : 0;
                    refused += fault == null ? 0 : 1;
                }
            } finally {
                stop.set(true);
            }
            racer.get();
        }
        assertThat(usable).isPositive();
        assertThat(refused).isPositive();
    }

    private void check() {
        int count = chain.readablePieces() + chain.writablePieces();
        assertThat(count).isLessThanOrEqualTo(SIZE);
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            long base = pieces.get(ValueLayout.JAVA_LONG, 16L * i);
            long length = pieces.get(ValueLayout.JAVA_LONG, 16L * i + 8);
            if (base < 0 || length <= 0 || base + length > DATA + DATA_BYTES) {
                throw new AssertionError("piece " + base + "+" + length);
            }
            bytes += length;
        }
        assertThat(chain.readableBytes() + chain.writableBytes()).isEqualTo(bytes);
        assertThat(chain.lastWritable()).isLessThan(DATA + DATA_BYTES);
    }

    /** Between good chains and bad ones, as fast as it can. */
    private Void race(AtomicBoolean stop) {
        for (int k = 0; !stop.get(); k++) {
            memory.descriptor(0, 0, BASE + DATA, 16, DESC_NEXT, 1);
            memory.descriptor(0, 1, BASE + DATA + 64, 512, DESC_NEXT, 2);
            memory.descriptor(0, 2, BASE + DATA + DATA_BYTES - 1, 1, DESC_WRITE, 0);
            memory.descriptor(0, 1, BASE + DATA + 64, 0x7fff_ffff, DESC_NEXT, 2);
            memory.descriptor(0, 1, BASE + TABLE, 32, DESC_INDIRECT, 0xffff);
            memory.descriptor(TABLE, 0, BASE + DATA, 16, DESC_NEXT, 1);
            memory.descriptor(TABLE, 1, BASE + DATA + 32, 1, DESC_WRITE, 0);
            memory.descriptor(0, 1, BASE + TABLE, 0xffff_fff0L, DESC_INDIRECT, 0xffff);
            memory.descriptor(TABLE, 1, BASE + DATA + DATA_BYTES, 0xffff_ffffL, DESC_INDIRECT | DESC_NEXT, k);
        }
        return null;
    }
}
