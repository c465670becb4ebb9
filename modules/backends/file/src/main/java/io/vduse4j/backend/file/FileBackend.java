package io.vduse4j.backend.file;

import io.vduse4j.block.AtHand;
import io.vduse4j.block.Backend;
import io.vduse4j.block.BlockingPool;
import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.Durability;
import io.vduse4j.block.DurabilityLatch;
import io.vduse4j.block.Extent;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Limits;
import io.vduse4j.block.Request;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.IoRing;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;

/**
 * A volume in a file or on a block device, by one open file description: the kernel tells a write-back error once for
 * each, so a second one could miss it (DU-05). Reads and writes work in the driver's memory, as {@link IoWay} says;
 * discards and zeroes, which may take long, run on a thread aside.
 */
final class FileBackend implements Backend {
    private static final System.Logger LOG = System.getLogger(FileBackend.class.getPackageName());

    private final String name;
    private final Fd fd;
    private final Storage storage;
    private final Limits limits;
    private final MemoryBudget memory;
    private final DurabilityLatch.Sync sync;
    private final IoWay way;
    private final DurabilityLatch latch;
    private final BlockingPool aside;
    private final Transfers transfersAside;
    private final SizeWatch watch;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile long size;
    private volatile LongConsumer listener = bytes -> {};

    /**
     * Serves what was opened; all of it belongs to the backend now.
     *
     * @param name what a person calls it
     * @param fd holds the lock too
     * @param size in bytes, a multiple of the block size
     * @param memory closed with the backend
     * @param sync makes everything written through {@code fd} stable
     * @param way how reads and writes are done
     * @param lookEvery how often the size is looked at
     */
    FileBackend(
            String name,
            Fd fd,
            Storage storage,
            Limits limits,
            long size,
            MemoryBudget memory,
            DurabilityLatch.Sync sync,
            IoWay way,
            Duration lookEvery) {
        this.name = name;
        this.fd = fd;
        this.storage = storage;
        this.limits = limits;
        this.size = size;
        this.memory = memory;
        this.sync = sync;
        this.way = way;
        this.latch = new DurabilityLatch(name);
        this.aside = new BlockingPool("aside " + name, 1);
        this.transfersAside = new Transfers(this, vectors(memory));
        this.watch = new SizeWatch(name, lookEvery, this::look);
    }

    @Override
    public Limits limits() {
        return limits;
    }

    /** The page cache is the kernel's, and outlives us. But it does not hold pages still while it writes them back (DU-07). */
    @Override
    public Durability durability() {
        return new Durability(
                Durability.AfterKill.KEPT,
                "the kernel has it; a successor waits for the lock of the file, which a dead process keeps until its"
                        + " last write is done (CR-07)",
                way == IoWay.RING ? Durability.Blocks.WHOLE : Durability.Blocks.TORN_IF_WRITTEN_AGAIN);
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public Channel open(int slots, Completions completions) throws IOException {
        aside.reserve(slots);
        var own = memory.child("channel of " + name, Iovecs.BYTES);
        try {
            var transfers = new Transfers(this, vectors(own));
            var ring = ring(slots, completions);
            return new FileChannel(
                    this, transfers, ring.isEmpty() ? IoWay.INLINE : way, ring, slots, completions, () -> {
                        own.close();
                        aside.release(slots);
                    });
        } catch (RuntimeException problem) {
            own.close();
            aside.release(slots);
            throw problem;
        }
    }

    /** What is in the page cache can be read; whoever writes may be made to wait by the kernel, even for the page cache. */
    @Override
    public AtHand atHand() {
        return way == IoWay.AT_HAND ? this::readNow : AtHand.NOTHING;
    }

    private int readNow(Request request) {
        if (request.op != Request.Op.READ || request.length >= FileChannel.LARGE) {
            return AtHand.NOT_AT_HAND;
        }
        int result = transfersAside.runNow(request);
        return result == Transfers.WOULD_WAIT ? AtHand.NOT_AT_HAND : result;
    }

    private VectorIo vectors(MemoryBudget budget) {
        return new VectorIo(fd, budget.allocate(Iovecs.BYTES, 16).address());
    }

    /** Empty if the owner of the channel waits for its requests, or if there is none to be had. */
    private Optional<IoRing> ring(int slots, Completions completions) {
        try {
            var ring = IoRing.create(Math.min(slots, IoRing.MAX_ENTRIES), fd);
            if (completions.watch(ring.ready())) {
                return Optional.of(ring);
            }
            ring.close();
        } catch (LinuxException problem) {
            LOG.log(System.Logger.Level.DEBUG, name + ": its workers wait for the storage: " + problem.getMessage());
        }
        return Optional.empty();
    }

    /** For the thread aside. */
    Transfers transfersAside() {
        return transfersAside;
    }

    Storage storage() {
        return storage;
    }

    DurabilityLatch latch() {
        return latch;
    }

    BlockingPool aside() {
        return aside;
    }

    @Override
    public void flush() throws IOException {
        latch.run(sync);
    }

    @Override
    public Extent extent(long offset, long length) throws IOException {
        return storage.extent(offset, length, limits.blockSize());
    }

    @Override
    public void onResize(LongConsumer newListener) {
        listener = newListener;
    }

    /** The file ends before the volume does: its content is lost, and a write could make it seem whole (DU-06). */
    void shrunk() {
        latch.fail(new LinuxException(
                "read", name, Errno.EIO, "it has shrunk below its " + size + " bytes: someone has cut it off"));
    }

    /** Something that was to be stable is not (DU-05). */
    void failed(String call, int errno) {
        latch.fail(new LinuxException(call, name, errno));
    }

    @Override
    public synchronized void resize(long bytes) throws IOException {
        if (limits.readOnly()) {
            throw new LinuxException("resize", name, Errno.EROFS, "it is open for reading only");
        }
        if (bytes < size || bytes % limits.blockSize() != 0) {
            throw new LinuxException(
                    "resize",
                    name,
                    Errno.EINVAL,
                    "volumes only grow: it has " + size + " bytes, and blocks of " + limits.blockSize());
        }
        if (bytes > size) {
            storage.grow(bytes);
            takeSize();
        }
    }

    /** Takes over a size that has changed. The thread that watches and one that resizes come here. */
    private synchronized void takeSize() throws IOException {
        long now = storage.size();
        long whole = now - now % limits.blockSize();
        if (now < size) {
            shrunk();
        } else if (whole > size) {
            // Stable before anyone relies on it (DU-04).
            latch.run(sync);
            size = whole;
            listener.accept(whole);
        }
    }

    /** Looks at the size once; returns false if the volume has failed and nothing can change that. */
    private boolean look() {
        try {
            takeSize();
        } catch (IOException | RuntimeException problem) {
            if (!latch.failed()) {
                LOG.log(System.Logger.Level.WARNING, name + ": its size is not looked at any more: " + problem);
            }
            return false;
        }
        return !latch.failed();
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
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try (memory;
                fd;
                aside;
                watch) {
            listener = bytes -> {};
        }
    }
}
