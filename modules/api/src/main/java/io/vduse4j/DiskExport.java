package io.vduse4j;

import io.vduse4j.embedded.virtio.EmbeddedBlockDevice;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.nbd.NbdCompletion;
import io.vduse4j.nbd.NbdExport;
import io.vduse4j.nbd.NbdTraits;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * A disk of an embedded kernel as an NBD export. What the disk does not do is not offered. Virtio-blk has no request that
 * tells holes, so block status calls everything data.
 */
final class DiskExport implements NbdExport {

    private static final int PAGE = 4096;

    private final EmbeddedBlockDevice disk;

    DiskExport(EmbeddedBlockDevice disk) {
        this.disk = disk;
    }

    @Override
    public NbdTraits traits() {
        // Without a cache in the device a flush is done at once, so it can always be offered. It covers all queues.
        return new NbdTraits(
                disk.readOnly(),
                true,
                true,
                disk.canDiscard(),
                disk.canWriteZeroes(),
                false,
                true,
                disk.blockSize(),
                Math.max(PAGE, disk.blockSize()));
    }

    @Override
    public long size() {
        return disk.size();
    }

    @Override
    public String description() {
        return "virtio-blk disk " + disk.name() + " of the embedded kernel";
    }

    @Override
    public void read(long offset, MemorySegment into, NbdCompletion done) {
        end(disk.submitRead(offset, into), done);
    }

    @Override
    public void write(long offset, MemorySegment from, boolean fua, NbdCompletion done) {
        end(disk.submitWrite(offset, from), fua, done);
    }

    @Override
    public void flush(NbdCompletion done) {
        end(disk.submitFlush(), done);
    }

    @Override
    public void trim(long offset, long length, boolean fua, NbdCompletion done) {
        end(disk.submitDiscard(offset, length), fua, done);
    }

    @Override
    public void writeZeroes(long offset, long length, boolean mayUnmap, boolean fua, NbdCompletion done) {
        end(disk.submitWriteZeroes(offset, length, mayUnmap), fua, done);
    }

    /** Virtio has no FUA: a flush behind the request does the same (DU-02). */
    private void end(CompletableFuture<Void> request, boolean fua, NbdCompletion done) {
        Supplier<CompletableFuture<Void>> flush = disk::submitFlush;
        end(fua ? request.thenCompose(_ -> flush.get()) : request, done);
    }

    private static void end(CompletableFuture<Void> request, NbdCompletion done) {
        var _ = request.whenComplete((_, failure) -> done.completed(errno(failure)));
    }

    private static int errno(Throwable failure) {
        return switch (failure) {
            case null -> 0;
            case CompletionException wrapped when wrapped.getCause() != null -> errno(wrapped.getCause());
            case LinuxException refused -> refused.errno();
            default -> Errno.EIO;
        };
    }
}
