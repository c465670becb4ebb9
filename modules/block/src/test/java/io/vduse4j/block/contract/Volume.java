package io.vduse4j.block.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.AtHand;
import io.vduse4j.block.Backend;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Limits;
import io.vduse4j.block.Request;
import io.vduse4j.linux.FileIo;
import java.io.IOException;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** A worker on a volume beside a model of its content: does requests and compares. One thread's own. */
final class Volume implements AutoCloseable {
    static final int SLOTS = 64;

    /** Longest request here, unless the backend takes less. */
    static final int MAX_LENGTH = 128 << 10;

    private static final int MAX_PIECES = 3 * FileIo.IOV_MAX;
    private static final int REGION = Framing.regionSize(MAX_LENGTH, MAX_PIECES) & -4096;

    private final Worker worker;
    private final AtHand atHand;
    private final GuestMemory memory;
    private final GuestMemory iovecs;
    private final Limits limits;
    private final byte[] model;
    private final boolean keepsData;

    /**
     * Opens a worker.
     *
     * @param model what the volume holds; may be shared by threads on different parts of it
     * @param keepsData false for a volume that always reads as zeroes
     */
    Volume(Backend backend, byte[] model, boolean keepsData) throws IOException {
        this.worker = new Worker(backend, SLOTS);
        this.atHand = backend.atHand();
        this.memory = new GuestMemory((long) SLOTS * REGION);
        this.iovecs = new GuestMemory((long) SLOTS * MAX_PIECES * Iovecs.BYTES);
        this.limits = backend.limits();
        this.model = model;
        this.keepsData = keepsData;
    }

    /** A request that was started, and what is needed to check it. */
    static final class Started {
        private final int slot;
        private final Request request;
        private final Framing framing;
        private final byte[] written;
        private final byte[] before;

        private Started(int slot, Request request, Framing framing, byte[] written, byte[] before) {
            this.slot = slot;
            this.request = request;
            this.framing = framing;
            this.written = written;
            this.before = before;
        }
    }

    Started start(int slot, Request.Op op, int offset, int length, int pieces, RandomGenerator random) {
        var region = memory.part((long) slot * REGION, REGION);
        var framing = switch (pieces) {
            case 0 -> Framing.blocks(region, length, limits.blockSize(), random);
            case 1 -> Framing.whole(region, length);
            default -> Framing.scattered(region, length, pieces, random);
        };
        var request = new Request();
        request.op = op;
        request.offset = offset;
        request.length = length;
        request.fua = random.nextInt(8) == 0;
        request.unmap = op == Request.Op.WRITE_ZEROES && limits.canUnmapZeroes() && random.nextBoolean();
        request.iov = iovecs.address() + (long) slot * MAX_PIECES * Iovecs.BYTES;
        request.iovCount = framing.count();
        framing.poison();
        framing.describe(request.iov);
        var written = new byte[length];
        if (op == Request.Op.WRITE) {
            random.nextBytes(written);
            framing.put(written);
        }
        var before = Arrays.copyOfRange(model, offset, offset + length);
        if (keepsData && (op == Request.Op.WRITE || op == Request.Op.WRITE_ZEROES)) {
            System.arraycopy(written, 0, model, offset, length);
        }
        worker.submit(slot, request);
        return new Started(slot, request, framing, written, before);
    }

    void flushSubmissions() {
        worker.flushSubmissions();
    }

    /** Waits for a request, which must succeed, and checks what it has done to the driver's memory. */
    void finish(Started started) {
        var request = started.request;
        int offset = (int) request.offset;
        assertThat(worker.await(started.slot)).as("errno of %s", request.op).isZero();
        if (request.op == Request.Op.READ) {
            assertThat(started.framing.get()).as("content").isEqualTo(expected(offset, (int) request.length));
            assertThat(started.framing.gapsAreUntouched()).as("gaps").isTrue();
        } else if (request.op == Request.Op.WRITE) {
            assertThat(started.framing.get()).as("the driver's data").isEqualTo(started.written);
        } else if (request.op == Request.Op.DISCARD) {
            var now = readBack(offset, (int) request.length);
            for (int i = 0; i < now.length; i++) {
                if (now[i] != 0 && now[i] != started.before[i]) {
                    throw new AssertionError("a discarded byte is neither old nor zero: " + (offset + i));
                }
            }
            System.arraycopy(now, 0, model, offset, now.length);
        }
    }

    /** Does one request and checks it. */
    void run(Request.Op op, int offset, int length, int pieces, RandomGenerator random) {
        var started = start(0, op, offset, length, pieces, random);
        flushSubmissions();
        finish(started);
    }

    /** Compares a range with the model, both in the way of channels and as far as it is at hand. */
    void check(int offset, int length) {
        for (int at = offset; at < offset + length; ) {
            int step = Math.min(MAX_LENGTH, offset + length - at);
            assertThat(readBack(at, step)).as("content at %d", at).isEqualTo(expected(at, step));
            checkAtHand(at, step);
            at += step;
        }
    }

    private byte[] expected(int offset, int length) {
        return Arrays.copyOfRange(model, offset, offset + length);
    }

    private void checkAtHand(int offset, int length) {
        var request = new Request();
        var framing = whole(request, offset, length);
        switch (atHand.now(request)) {
            case 0 -> assertThat(framing.get()).as("at hand at %d", offset).isEqualTo(expected(offset, length));
            case AtHand.ZEROES ->
                assertThat(expected(offset, length)).as("zeroes at %d", offset).containsOnly(0);
            case AtHand.NOT_AT_HAND -> {} // which every backend may say at any time
            default -> throw new AssertionError("a read at hand has failed at " + offset);
        }
    }

    private Framing whole(Request request, int offset, int length) {
        var framing = Framing.whole(memory.part((long) (SLOTS - 1) * REGION, REGION), length);
        request.offset = offset;
        request.length = length;
        request.iov = iovecs.address() + (long) (SLOTS - 1) * MAX_PIECES * Iovecs.BYTES;
        request.iovCount = 1;
        framing.poison();
        framing.describe(request.iov);
        return framing;
    }

    byte[] readBack(int offset, int length) {
        var request = new Request();
        var framing = whole(request, offset, length);
        worker.submit(SLOTS - 1, request);
        worker.flushSubmissions();
        assertThat(worker.await(SLOTS - 1)).as("errno of reading back").isZero();
        return framing.get();
    }

    @Override
    public void close() {
        worker.close();
        memory.close();
        iovecs.close();
    }
}
