package io.vduse4j.nbd.client;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.CopyingBackend;
import io.vduse4j.block.Durability;
import io.vduse4j.block.DurabilityLatch;
import io.vduse4j.block.Limits;
import io.vduse4j.block.Request;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.nbd.wire.Nbd.Transmission;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;

/**
 * A volume on an NBD server. Its requests need private memory ({@link Limits#needsCopy}): what was sent must stay as it
 * is until it was answered, for it may be sent again.
 */
final class NbdBackend implements Backend, Keeper.Volume {
    private static final System.Logger LOG = System.getLogger(NbdBackend.class.getPackageName());

    /** For the first connection; a server that is there answers at once. */
    private static final Duration OPEN_DEADLINE = Duration.ofSeconds(10);

    private final String name;
    private final Limits limits;
    private final boolean serverFua;
    private final boolean serverFlush;
    private final DurabilityLatch latch;
    private final JobQueue queue = new JobQueue();
    private final Keeper keeper;
    private volatile long size;
    private volatile LongConsumer listener = bytes -> {};

    private NbdBackend(NbdAddress address, Connector connector, Connector.Connected first, Limits limits)
            throws IOException {
        var export = first.export();
        this.name = address.toString();
        this.limits = limits;
        this.serverFua = export.has(Transmission.SEND_FUA);
        this.serverFlush = export.has(Transmission.SEND_FLUSH);
        this.latch = new DurabilityLatch(name);
        this.size = whole(export.size());
        this.keeper = new Keeper(address, connector, export, queue, this);
        keeper.start(first);
    }

    /**
     * Connects.
     *
     * @param uri as the user wrote it
     * @throws LinuxException with the errno that says what is wrong
     */
    static Backend open(String uri, BackendOptions options) throws IOException {
        var address = NbdAddress.parse(uri);
        if (options.direct()) {
            throw refused(address, "the page cache is the server's: leave out --direct");
        }
        var connector = new Connector(address);
        var first = connector.connect(OPEN_DEADLINE);
        try {
            var backend = new NbdBackend(address, connector, first, limits(address, first.export(), options));
            return CopyingBackend.always(backend, MemoryBudget.process());
        } catch (IOException | RuntimeException failure) {
            first.channel().close();
            throw failure;
        }
    }

    private static Limits limits(NbdAddress address, ServerExport export, BackendOptions options)
            throws LinuxException {
        int block = options.blockSize().orElse(export.usualBlock());
        if (Integer.bitCount(block) != 1 || block < 512 || block > 4096) {
            throw refused(address, "a block size of " + block + ": use 512, 1024, 2048 or 4096");
        }
        var fault = export.fault(block);
        if (!fault.isEmpty()) {
            throw refused(address, fault);
        }
        if (export.has(Transmission.READ_ONLY) && !options.readOnly()) {
            throw new LinuxException(
                    "open",
                    address.toString(),
                    Errno.EROFS,
                    "its server does not let it be written: --read-only serves it");
        }
        if (options.size().orElse(export.size()) != export.size()) {
            throw refused(address, "it has " + export.size() + " bytes: leave out --size");
        }
        long odd = export.size() % block;
        if (export.size() == odd || (odd != 0 && !options.force())) {
            throw refused(
                    address,
                    "an odd size: " + export.size() + " bytes are not a multiple of its blocks of " + block
                            + "; --force leaves the last " + odd + " out");
        }
        var limits = export.limits(block, options.readOnly());
        if (limits.isVolatile() && !limits.readOnly()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    address + ": its server knows no flush: nothing is ever promised to be stable");
        }
        return limits;
    }

    private static LinuxException refused(NbdAddress address, String hint) {
        return new LinuxException("open", address.toString(), Errno.EINVAL, hint);
    }

    @Override
    public Limits limits() {
        return limits;
    }

    /** Nothing is kept here: what was completed, the server has answered (CR-05). */
    @Override
    public Durability durability() {
        return new Durability(
                Durability.AfterKill.KEPT,
                "the server has it; only if the export is exclusive are late writes of a dead process kept out (CR-07)");
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public Channel open(int slots, Completions completions) {
        return new NbdChannel(this, slots, completions);
    }

    JobQueue queue() {
        return queue;
    }

    /** Whether a request is to end with EIO at once. */
    boolean refuses(boolean writes) {
        return keeper.hasGivenUp() || (writes && latch.failed());
    }

    void set(Job job, Request request, long buffer) {
        job.set(request, buffer, serverFua, serverFlush);
    }

    /** One flush covers what was answered on all connections: the server says so, or there is only one. */
    @Override
    public void flush() throws IOException {
        if (serverFlush) {
            latch.run(this::flushOnce);
        }
    }

    private void flushOnce() throws IOException {
        if (keeper.hasGivenUp()) {
            throw new LinuxException("flush", name, Errno.EIO, "the server is gone");
        }
        var ended = new CompletableFuture<Integer>();
        var job = new Job(0, new Completions() {
            @Override
            public void complete(int slot, int errno) {
                ended.complete(errno);
            }

            @Override
            public void post(int slot, int errno) {
                ended.complete(errno);
            }
        });
        job.setFlush();
        queue.add(job);
        queue.wake();
        int errno = await(ended);
        if (errno != 0) {
            throw new LinuxException("flush", name, errno);
        }
    }

    /** It ends with the server's answer, or because the keeper gives up on the server; or the volume is closed. */
    private int await(CompletableFuture<Integer> ended) throws IOException {
        try {
            while (!keeper.isClosing()) {
                try {
                    return ended.get(1, TimeUnit.SECONDS);
                } catch (TimeoutException notYet) {
                    LOG.log(System.Logger.Level.TRACE, "{0}: a flush is under way", name);
                }
            }
            return Errno.ESHUTDOWN;
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
            return Errno.EINTR;
        } catch (ExecutionException impossible) {
            throw new IOException(impossible);
        }
    }

    @Override
    public String fault(ServerExport before, ServerExport now) {
        return now.differsFrom(before, limits, size);
    }

    @Override
    public void durabilityLost(int errno) {
        latch.fail(new LinuxException("flush", name, errno));
    }

    @Override
    public void found(long bytes) {
        long whole = whole(bytes);
        if (whole > size) {
            size = whole;
            listener.accept(whole);
        }
    }

    private long whole(long bytes) {
        return bytes - bytes % limits.blockSize();
    }

    @Override
    public void onResize(LongConsumer newListener) {
        listener = newListener;
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
        listener = bytes -> {};
        keeper.close();
    }
}
