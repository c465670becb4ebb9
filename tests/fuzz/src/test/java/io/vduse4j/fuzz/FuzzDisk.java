package io.vduse4j.fuzz;

import static io.vduse4j.fuzz.Slots.require;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Limits;
import io.vduse4j.block.Request;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongConsumer;

/**
 * A small volume in memory. Each request is compared with the one that is due before it is done; it is done at once, or
 * when the batch is over, and fails when that is wanted.
 */
final class FuzzDisk implements Backend {

    static final int SECTORS = 16;
    private static final int BYTES = SECTORS * 512;

    /** Told of each request before it is done. */
    interface Due {
        void check(int slot, Request request, int errno);
    }

    private record Submitted(int slot, Request request, int errno) {}

    private final Limits limits;
    private final MemorySegment bytes = Arena.global().allocate(BYTES);
    private final MemorySegment expected = Arena.global().allocate(BYTES);
    private final MemorySegment start = Arena.global().allocate(BYTES);
    private final Deque<Submitted> gathered = new ArrayDeque<>();
    private Due due = (slot, request, errno) -> {};

    /** Whether requests are done when the batch is over. */
    boolean gathers;

    /** How many of the next requests fail. */
    int failures;

    FuzzDisk(Limits limits) {
        this.limits = limits;
        for (int i = 0; i < BYTES; i++) {
            start.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 13 + (i >> 9) + 1));
        }
    }

    /** Begins a new run. */
    void reset(Due told) {
        bytes.copyFrom(start);
        expected.copyFrom(start);
        gathered.clear();
        gathers = false;
        failures = 0;
        due = told;
    }

    /** What a range must hold; a write is foretold here. */
    MemorySegment expected(long offset, long length) {
        return expected.asSlice(offset, length);
    }

    /** Nothing was changed but by a write that was answered with OK, or by a range of one that failed later. */
    void check() {
        long at = bytes.mismatch(expected);
        require(at < 0, "the disk holds another byte at " + at);
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public long size() {
        return BYTES;
    }

    @Override
    public Channel open(int slots, Completions completions) {
        return new Channel() {
            @Override
            public void submit(int slot, Request request) {
                int errno = failures > 0 ? Errno.EIO : 0;
                failures = Math.max(0, failures - 1);
                if (gathers) {
                    gathered.add(new Submitted(slot, request, errno));
                } else {
                    carryOut(slot, request, errno);
                }
            }

            private void carryOut(int slot, Request request, int errno) {
                due.check(slot, request, errno);
                if (errno == 0) {
                    execute(request);
                }
                completions.complete(slot, errno);
            }

            @Override
            public void flushSubmissions() {
                for (int left = gathered.size(); left > 0; left--) {
                    Submitted next = gathered.remove();
                    carryOut(next.slot(), next.request(), next.errno());
                }
            }

            @Override
            public void close() {
                require(gathered.isEmpty(), "a channel is closed with requests in it");
            }
        };
    }

    private void execute(Request request) {
        switch (request.op) {
            case READ, WRITE -> copy(request);
            case DISCARD, WRITE_ZEROES ->
                bytes.asSlice(request.offset, request.length).fill((byte) 0);
        }
    }

    private void copy(Request request) {
        long offset = request.offset;
        for (int i = 0; i < request.iovCount; i++) {
            long length = Iovecs.length(request.iov, i);
            MemorySegment driver = NativeMemory.ALL.asSlice(Iovecs.address(request.iov, i), length);
            MemorySegment disk = bytes.asSlice(offset, length);
            if (request.op == Request.Op.READ) {
                driver.copyFrom(disk);
            } else {
                disk.copyFrom(driver);
            }
            offset += length;
        }
        require(offset == request.offset + request.length, "the pieces of a request are not as long as it is");
    }

    @Override
    public void flush() {}

    @Override
    public void onResize(LongConsumer listener) {}

    @Override
    public String describe() {
        return "fuzz";
    }

    @Override
    public void close() {}
}
