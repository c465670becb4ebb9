package io.vduse4j.block;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.ToIntFunction;

/** A backend in an array that notes what it is asked, answers at once, and fails when the test says so. */
final class RecordingBackend implements Backend {

    /** What was asked. */
    record Asked(Request.Op op, long offset, long length, boolean fua, boolean unmap) {}

    final List<Asked> asked = new ArrayList<>();
    final byte[] bytes;
    ToIntFunction<Request> before = _ -> 0;
    volatile boolean flushFails;
    volatile int flushes;
    volatile long size;
    Durability durability = Durability.UNKNOWN;
    Optional<String> lost = Optional.empty();
    private final Limits limits;
    private LongConsumer onResize = _ -> {};

    RecordingBackend(Limits limits, long size) {
        this.limits = limits;
        this.size = size;
        bytes = new byte[(int) Math.min(size, 16 << 20)];
    }

    /** Everything is possible: 512-byte blocks in 4 KiB pages, 1 MiB at once, ranges of 8 MiB. */
    static Limits limits(int blockSize, boolean readOnly) {
        return new Limits(
                blockSize, 4096, 1 << 20, readOnly, !readOnly, 4096, !readOnly, !readOnly, 8 << 20, false, false);
    }

    @Override
    public void resize(long bytesNow) {
        size = bytesNow;
        onResize.accept(bytesNow);
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public Optional<String> lost() {
        return lost;
    }

    @Override
    public Durability durability() {
        return durability;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public Channel open(int slots, Completions completions) {
        return new Channel() {
            @Override
            public void submit(int slot, Request request) {
                asked.add(new Asked(request.op, request.offset, request.length, request.fua, request.unmap));
                int errno = before.applyAsInt(request);
                if (errno == 0) {
                    execute(request);
                }
                completions.complete(slot, errno);
            }

            @Override
            public void flushSubmissions() {}

            @Override
            public void close() {}
        };
    }

    private void execute(Request request) {
        int at = (int) request.offset;
        switch (request.op) {
            case READ, WRITE -> {
                for (int i = 0; i < request.iovCount; i++) {
                    long address = Iovecs.address(request.iov, i);
                    int length = (int) Iovecs.length(request.iov, i);
                    if (request.op == Request.Op.READ) {
                        MemorySegment.copy(bytes, at, NativeMemory.ALL, ValueLayout.JAVA_BYTE, address, length);
                    } else {
                        MemorySegment.copy(NativeMemory.ALL, ValueLayout.JAVA_BYTE, address, bytes, at, length);
                    }
                    at += length;
                }
            }
            case DISCARD, WRITE_ZEROES -> Arrays.fill(bytes, at, at + (int) request.length, (byte) 0);
        }
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // called by one thread at a time
    public void flush() throws IOException {
        flushes++;
        if (flushFails) {
            throw new LinuxException("fdatasync", "recording", Errno.EIO);
        }
    }

    @Override
    public void onResize(LongConsumer listener) {
        onResize = listener;
    }

    @Override
    public String describe() {
        return "recording";
    }

    @Override
    public void close() {}
}
