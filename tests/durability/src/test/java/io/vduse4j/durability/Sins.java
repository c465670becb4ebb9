package io.vduse4j.durability;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.FilterBackend;
import io.vduse4j.block.FilterChannel;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.NativeMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Backends that are wrong in the ways in which backends have been wrong. */
final class Sins {
    private static final long LITTLE_NANOS = 30_000_000;

    private Sins() {}

    /** A flush that does nothing. */
    static Backend noFlush(Backend inner) {
        return new FilterBackend(inner) {
            @Override
            public void flush() {
                // The sin.
            }
        };
    }

    /**
     * A flush that is satisfied by a sync that began a little earlier. One that still runs would be the usual case, but on
     * FUSE no write ends meanwhile: the kernel holds the lock of the file for the time of a sync.
     */
    static Backend earlierFlush(Backend inner) {
        return new FilterBackend(inner) {
            private long began = System.nanoTime() - LITTLE_NANOS;

            @Override
            public void flush() throws IOException {
                if (System.nanoTime() - began >= LITTLE_NANOS) {
                    began = System.nanoTime();
                    super.flush();
                }
            }
        };
    }

    /** Writes that must be stable are not. */
    static Backend notThrough(Backend inner) {
        return new FilterBackend(inner) {
            @Override
            public Channel open(int slots, Completions completions) throws IOException {
                var others = Stream.generate(Request::new).limit(slots).toArray(Request[]::new);
                return new FilterChannel(inner.open(slots, completions)) {
                    @Override
                    public void submit(int slot, Request request) {
                        var other = others[slot];
                        other.op = request.op;
                        other.offset = request.offset;
                        other.length = request.length;
                        other.iov = request.iov;
                        other.iovCount = request.iovCount;
                        other.unmap = request.unmap;
                        super.submit(slot, other);
                    }
                };
            }
        };
    }

    /** Writes that are answered at once and done a little later, by another channel. */
    static Backend earlyAnswers(Backend inner) {
        return new FilterBackend(inner) {
            @Override
            public Channel open(int slots, Completions completions) throws IOException {
                return new FilterChannel(inner.open(slots, completions)) {
                    @Override
                    public void submit(int slot, Request request) {
                        if (request.op == Request.Op.WRITE) {
                            later(inner, copy(request));
                            completions.complete(slot, 0);
                        } else {
                            super.submit(slot, request);
                        }
                    }
                };
            }
        };
    }

    private static Request copy(Request request) {
        var memory = Arena.ofAuto().allocate(request.length + Iovecs.BYTES, 4096);
        long at = 0;
        for (int i = 0; i < request.iovCount; i++) {
            long length = Iovecs.length(request.iov, i);
            MemorySegment.copy(
                    NativeMemory.ALL, JAVA_BYTE, Iovecs.address(request.iov, i), memory, JAVA_BYTE, at, length);
            at += length;
        }
        var copy = new Request();
        copy.op = Request.Op.WRITE;
        copy.offset = request.offset;
        copy.length = request.length;
        copy.iov = memory.address() + request.length;
        copy.iovCount = 1;
        Iovecs.set(copy.iov, 0, memory.address(), request.length);
        Thread.ofPlatform().daemon().start(() -> keep(memory));
        return copy;
    }

    /** The kernel has an address only, which does not keep the memory. */
    private static void keep(MemorySegment memory) {
        try {
            LockSupport.parkNanos(5_000_000_000L);
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    private static void later(Backend backend, Request request) {
        Thread.ofPlatform().daemon().start(() -> {
            LockSupport.parkNanos(2_000_000);
            try (var channel = backend.open(1, new Alone())) {
                channel.submit(0, request);
            } catch (IOException problem) {
                throw PowerLossTest.failed(problem);
            }
        });
    }

    /** Who waits for each request while it is submitted. */
    private static final class Alone implements Completions {
        @Override
        public void complete(int slot, int errno) {
            // Nobody asks.
        }

        @Override
        public void post(int slot, int errno) {
            // Nobody asks.
        }

        @Override
        public boolean watch(EventFd ready) {
            return false;
        }
    }
}
