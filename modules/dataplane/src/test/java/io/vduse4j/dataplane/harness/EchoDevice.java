package io.vduse4j.dataplane.harness;

import io.vduse4j.linux.EventFd;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.HandlerContext;
import io.vduse4j.virtio.QueueHandler;
import io.vduse4j.virtio.VirtioDevice;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * A device that writes the first eight bytes that it may read to where it may write: at once, or, with an {@link
 * Outside}, when something outside of the worker says so.
 */
public final class EchoDevice implements VirtioDevice {

    private static final int ID = 42;
    private static final int BYTES = 8;

    /** Who works on requests meanwhile. Called on the worker's thread. */
    public interface Outside {

        /** A request begins; it ends by {@link Job#finish}. */
        void begin(Job job);

        /** The same, with the number that was sent. */
        default void begin(Job job, long value) {
            begin(job);
        }

        /** The batch is over. */
        default void flush() {}
    }

    /** A request that is worked on. */
    public interface Job {

        /** Ends the request, once. Any thread. */
        void finish();
    }

    private final int queues;
    private final Outside outside;
    private final boolean direct;
    private final Optional<EventFd> ready;
    private volatile boolean writes;
    private volatile Consumer<Chain> onHandle = _ -> {};
    private volatile Optional<HandlerContext> context = Optional.empty();
    private volatile int handlersClosed;

    private EchoDevice(int queues, Outside outside, boolean direct, Optional<EventFd> ready) {
        this.queues = queues;
        this.outside = outside;
        this.direct = direct;
        this.ready = ready;
    }

    /** One that answers at once. */
    public static EchoDevice direct(int queues) {
        return new EchoDevice(queues, _ -> {}, true, Optional.empty());
    }

    /** One whose requests are worked on elsewhere. */
    public static EchoDevice over(int queues, Outside outside) {
        return new EchoDevice(queues, outside, false, Optional.empty());
    }

    /**
     * One whose requests are worked on elsewhere, and that looks itself for what has ended, as for a ring of the kernel.
     *
     * @param ready signalled when something has ended; the caller's
     */
    public static EchoDevice polled(int queues, Outside outside, EventFd ready) {
        return new EchoDevice(queues, outside, false, Optional.of(ready));
    }

    /**
     * Has each request change the bytes that its number names: {@link #write}. It waits for those it overlaps.
     *
     * @return this
     */
    public EchoDevice writing() {
        writes = true;
        return this;
    }

    /**
     * The number of a request of {@link #writing}.
     *
     * @param id anything, to tell requests apart
     * @param first first block of 512 bytes, 16 bits
     * @param blocks how many, 1 to 65535
     */
    public static long write(int id, int first, int blocks) {
        return (long) id << 32 | (long) first << 16 | blocks;
    }

    /** Has something done before each request is handled, on the worker's thread. */
    public EchoDevice onHandle(Consumer<Chain> first) {
        onHandle = first;
        return this;
    }

    /** What its last handler was given. */
    public HandlerContext context() {
        return context.orElseThrow();
    }

    /** How many handlers were closed. */
    public int handlersClosed() {
        return handlersClosed;
    }

    @Override
    public int deviceId() {
        return ID;
    }

    @Override
    public long features() {
        return 1;
    }

    @Override
    public int queues() {
        return queues;
    }

    @Override
    public int maxQueueSize() {
        return 1024;
    }

    @Override
    public byte[] config() {
        return new byte[] {1, 2, 3, 4};
    }

    @Override
    public QueueHandler handler(HandlerContext context, long features) throws IOException {
        this.context = Optional.of(context);
        return new Handler(context);
    }

    private final class Handler implements QueueHandler {
        private final HandlerContext context;
        private final MemorySegment scratch;
        private final long[] values;
        private final Job[] jobs;
        private final Queue<Chain> ended = new ConcurrentLinkedQueue<>();
        private int outstanding;

        Handler(HandlerContext context) {
            this.context = context;
            scratch = context.allocate(BYTES, BYTES);
            values = new long[context.slots()];
            jobs = new Job[context.slots()];
            for (int slot = 0; slot < jobs.length; slot++) {
                int number = slot;
                jobs[slot] = () -> context.post(number);
            }
            if (ready.isPresent() && !context.watch(ready.get().fd().number())) {
                throw new IllegalStateException("a worker watches");
            }
        }

        private Job job(Chain chain) {
            return ready.isEmpty()
                    ? jobs[chain.slot()]
                    : () -> {
                        ended.add(chain);
                        ready.get().signal();
                    };
        }

        @Override
        public int poll() {
            int count = 0;
            for (Chain chain = ended.poll(); chain != null; chain = ended.poll()) {
                posted(chain);
                count++;
            }
            return count;
        }

        @Override
        public void handle(Chain chain) {
            onHandle.accept(chain);
            if (chain.fault() != null || chain.readableBytes() < BYTES || chain.writableBytes() != BYTES) {
                context.complete(chain, 0);
                return;
            }
            chain.consume(scratch, BYTES);
            if (direct) {
                chain.fill(scratch);
                context.complete(chain, BYTES);
                return;
            }
            long value = scratch.get(ValueLayout.JAVA_LONG, 0);
            values[chain.slot()] = value;
            if (!writes
                    || context.ordering()
                            .mayStart(chain.slot(), (value >> 16 & 0xffff) * 512, (value & 0xffff) * 512)) {
                begin(chain);
            }
        }

        private void begin(Chain chain) {
            outstanding++;
            outside.begin(job(chain), values[chain.slot()]);
        }

        @Override
        public void refuse(Chain chain) {
            context.complete(chain, 0);
        }

        @Override
        public void resume(Chain chain) {
            begin(chain);
        }

        @Override
        public void flush() {
            outside.flush();
        }

        @Override
        public void posted(Chain chain) {
            outstanding--;
            scratch.set(ValueLayout.JAVA_LONG, 0, values[chain.slot()]);
            chain.fill(scratch);
            context.complete(chain, BYTES);
        }

        @Override
        public int outstanding() {
            return outstanding;
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // a test with several workers does not look at it
        public void close() {
            handlersClosed++;
        }
    }
}
