package io.vduse4j.block;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;

/** A {@link SimpleBackend} on a pool of threads. Its memory must be private: {@link CopyingBackend} is put over it. */
final class SimpleAdapter implements Backend {
    static final int BLOCK_SIZE = 512;

    private static final System.Logger LOG = System.getLogger(SimpleAdapter.class.getPackageName());

    private final SimpleBackend backend;
    private final long size;
    private final String name;
    private final Durability durability;
    private final BlockingPool pool;
    private final DurabilityLatch latch;
    private final AtomicBoolean failureLogged = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();

    SimpleAdapter(SimpleBackend backend, long size, String name, int threads) {
        this.backend = backend;
        this.size = size;
        this.name = name;
        this.durability = backend.durability();
        this.pool = new BlockingPool(name, threads);
        this.latch = new DurabilityLatch(name);
    }

    @Override
    public Limits limits() {
        // What is gone with the process is gone with the power, whatever the flush says (DU-12).
        boolean isVolatile = durability.afterKill() == Durability.AfterKill.LOST
                || durability.afterKill() == Durability.AfterKill.NEVER_STORED;
        return new Limits(
                BLOCK_SIZE,
                BLOCK_SIZE,
                CopyingBackend.MAX_TRANSFER,
                false,
                false,
                0,
                false,
                false,
                0,
                isVolatile,
                true);
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
    public Channel open(int slots, Completions completions) throws IOException {
        pool.reserve(slots);
        var jobs = new Job[slots];
        for (int slot = 0; slot < slots; slot++) {
            jobs[slot] = new Job(slot, completions);
        }
        return new Channel() {
            @Override
            public void submit(int slot, Request request) {
                jobs[slot].request = request;
                pool.execute(jobs[slot]);
            }

            @Override
            public void flushSubmissions() {
                // Nothing was gathered.
            }

            @Override
            public void close() {
                pool.release(slots);
            }
        };
    }

    @Override
    public void flush() throws IOException {
        latch.run(backend::flush);
    }

    @Override
    public void onResize(LongConsumer listener) {
        // The size is asked once: it never changes.
    }

    @Override
    public Optional<String> lost() {
        return latch.cause();
    }

    @Override
    public String describe() {
        return name;
    }

    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            try {
                pool.close();
            } finally {
                backend.close();
            }
        }
    }

    /** One request; preallocated with its slot. */
    private final class Job implements Runnable {
        private final int slot;
        private final Completions completions;
        private Request request;

        Job(int slot, Completions completions) {
            this.slot = slot;
            this.completions = completions;
        }

        @Override
        public void run() {
            int errno = 0;
            try {
                execute();
            } catch (LinuxException problem) {
                errno = problem.errno();
                logFirst(problem);
            } catch (IOException | RuntimeException problem) {
                errno = Errno.EIO;
                logFirst(problem);
            }
            completions.post(slot, errno);
        }

        private void execute() throws IOException {
            boolean write = request.op == Request.Op.WRITE;
            if (write && latch.failed()) {
                throw new LinuxException("write", name, Errno.EIO, "durability was lost before");
            }
            long offset = request.offset;
            for (int i = 0; i < request.iovCount; i++) {
                long length = Iovecs.length(request.iov, i);
                var buffer = NativeMemory.ALL.asSlice(Iovecs.address(request.iov, i), length);
                if (write) {
                    backend.write(offset, buffer);
                } else {
                    backend.read(offset, buffer);
                }
                offset += length;
            }
            if (write && request.fua) {
                latch.run(backend::flush);
            }
        }

        /** The driver sees every error; the log only the first, for a driver can provoke any number of them. */
        private void logFirst(Exception problem) {
            if (failureLogged.compareAndSet(false, true)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "%s: %s at %d failed; later failures are told to the driver only: %s"
                                .formatted(name, request.op, request.offset, problem));
            }
        }
    }
}
