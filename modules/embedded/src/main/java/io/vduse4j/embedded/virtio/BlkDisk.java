package io.vduse4j.embedded.virtio;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.virtio.blk.BlkFeatures;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;

/** A virtio disk: checks what is asked, and cuts it into requests that the device takes. */
final class BlkDisk implements EmbeddedBlockDevice {

    /** Most sectors whose bytes a long can count. A device that says more has as many. */
    private static final long MOST_SECTORS = Long.MAX_VALUE / BlkRequest.SECTOR_BYTES;

    private static final Duration LONGEST_WAIT = Duration.ofDays(365);

    private final String name;
    private final BlkLimits limits;
    private final BlkChecks checks;
    private final BlkQueues queues;
    private final Duration submitTimeout;
    private final List<LongConsumer> listeners = new CopyOnWriteArrayList<>();
    private volatile long size;

    BlkDisk(String name, BlkLimits limits, BlkQueues queues, Duration submitTimeout, long capacity) {
        this.name = name;
        this.limits = limits;
        checks = new BlkChecks(name, limits);
        this.queues = queues;
        this.submitTimeout = submitTimeout;
        size = bytes(capacity);
    }

    private static long bytes(long capacity) {
        return (Long.compareUnsigned(capacity, MOST_SECTORS) > 0 ? MOST_SECTORS : capacity) * BlkRequest.SECTOR_BYTES;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public int blockSize() {
        return limits.blockSize();
    }

    @Override
    public boolean readOnly() {
        return limits.has(BlkFeatures.RO);
    }

    @Override
    public boolean canFlush() {
        return limits.has(BlkFeatures.FLUSH);
    }

    @Override
    public boolean canDiscard() {
        return limits.has(BlkFeatures.DISCARD);
    }

    @Override
    public boolean canWriteZeroes() {
        return limits.has(BlkFeatures.WRITE_ZEROES);
    }

    @Override
    public CompletableFuture<String> ended() {
        return queues.ended().copy();
    }

    @Override
    public CompletableFuture<Void> submitRead(long offset, MemorySegment into) {
        return submitted(operation -> read(operation, offset, into, submitDeadline()));
    }

    @Override
    public CompletableFuture<Void> submitWrite(long offset, MemorySegment from) {
        return submitted(operation -> write(operation, offset, from, submitDeadline()));
    }

    @Override
    public CompletableFuture<Void> submitFlush() {
        return submitted(operation -> flush(operation, submitDeadline()));
    }

    @Override
    public CompletableFuture<Void> submitDiscard(long offset, long length) {
        return submitted(operation -> discard(operation, offset, length, submitDeadline()));
    }

    @Override
    public CompletableFuture<Void> submitWriteZeroes(long offset, long length, boolean mayUnmap) {
        return submitted(operation -> writeZeroes(operation, offset, length, mayUnmap, submitDeadline()));
    }

    @Override
    public void read(long offset, MemorySegment into, Duration limit) throws LinuxException {
        await("read", limit, (operation, deadline) -> read(operation, offset, into, deadline));
    }

    @Override
    public void write(long offset, MemorySegment from, Duration limit) throws LinuxException {
        await("write", limit, (operation, deadline) -> write(operation, offset, from, deadline));
    }

    @Override
    public void flush(Duration limit) throws LinuxException {
        await("flush", limit, this::flush);
    }

    @Override
    public void discard(long offset, long length, Duration limit) throws LinuxException {
        await("discard", limit, (operation, deadline) -> discard(operation, offset, length, deadline));
    }

    @Override
    public void writeZeroes(long offset, long length, boolean mayUnmap, Duration limit) throws LinuxException {
        await("write-zeroes", limit, (operation, end) -> writeZeroes(operation, offset, length, mayUnmap, end));
    }

    private void read(BlkOperation operation, long offset, MemorySegment into, long deadline) throws LinuxException {
        checks.range("read", offset, into.byteSize(), size, Errno.EIO);
        checks.memory("read", into);
        if (into.isReadOnly()) {
            throw checks.problem("read", Errno.EFAULT, "the memory to read into is read-only");
        }
        data(operation, BlkRequest.IN, offset, into, deadline);
    }

    private void write(BlkOperation operation, long offset, MemorySegment from, long deadline) throws LinuxException {
        checks.writable("write", readOnly());
        checks.range("write", offset, from.byteSize(), size, Errno.ENOSPC);
        checks.memory("write", from);
        data(operation, BlkRequest.OUT, offset, from, deadline);
    }

    private void data(BlkOperation operation, int type, long offset, MemorySegment data, long deadline) {
        long step = limits.requestBytes();
        for (long at = 0; at < data.byteSize() && !operation.hasFailed(); at += step) {
            MemorySegment part = data.asSlice(at, Math.min(step, data.byteSize() - at));
            queues.submit(BlkPiece.data(operation, type, offset + at, part), deadline);
        }
    }

    /** Without FLUSH there is no cache: what was completed is stable, and a request would not be understood. */
    private void flush(BlkOperation operation, long deadline) {
        if (canFlush()) {
            queues.submit(BlkPiece.data(operation, BlkRequest.FLUSH, 0, MemorySegment.NULL), deadline);
        }
    }

    private void discard(BlkOperation operation, long offset, long length, long deadline) throws LinuxException {
        checks.writable("discard", readOnly());
        checks.understood("discard", canDiscard());
        checks.range("discard", offset, length, size, Errno.EIO);
        ranges(operation, BlkRequest.DISCARD, offset, length, limits.discardBytes(), 0, deadline);
    }

    private void writeZeroes(BlkOperation operation, long offset, long length, boolean mayUnmap, long deadline)
            throws LinuxException {
        checks.writable("write-zeroes", readOnly());
        checks.understood("write-zeroes", canWriteZeroes());
        checks.range("write-zeroes", offset, length, size, Errno.EIO);
        int flags = mayUnmap ? BlkRequest.SEGMENT_UNMAP : 0;
        ranges(operation, BlkRequest.WRITE_ZEROES, offset, length, limits.writeZeroesBytes(), flags, deadline);
    }

    private void ranges(
            BlkOperation operation, int type, long offset, long length, long step, int flags, long deadline) {
        for (long at = 0; at < length && !operation.hasFailed(); at += step) {
            long part = Math.min(step, length - at);
            queues.submit(BlkPiece.range(operation, type, offset + at, part, flags), deadline);
        }
    }

    private interface Submission {
        void run(BlkOperation operation) throws LinuxException;
    }

    private interface TimedSubmission {
        void run(BlkOperation operation, long deadline) throws LinuxException;
    }

    private static CompletableFuture<Void> submitted(Submission submission) {
        var operation = new BlkOperation();
        submit(operation, submission);
        return operation.future();
    }

    private static void submit(BlkOperation operation, Submission submission) {
        LinuxException refused = null;
        try {
            submission.run(operation);
        } catch (LinuxException wrong) {
            refused = wrong;
        }
        operation.end(refused);
    }

    private long submitDeadline() {
        return System.nanoTime() + submitTimeout.toNanos();
    }

    private void await(String what, Duration limit, TimedSubmission submission) throws LinuxException {
        var operation = new BlkOperation();
        long end = System.nanoTime() + (limit.compareTo(LONGEST_WAIT) < 0 ? limit : LONGEST_WAIT).toNanos();
        long submitEnd = submitDeadline();
        submit(operation, one -> submission.run(one, end - submitEnd < 0 ? end : submitEnd));
        try {
            operation.future().get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException failed) {
            LinuxException wrong = (LinuxException) failed.getCause();
            throw retold(what, wrong.errno(), wrong.getMessage(), wrong);
        } catch (TimeoutException late) {
            operation.abandon();
            throw retold(what, Errno.ETIMEDOUT, "not done after " + limit, late);
        } catch (InterruptedException stopped) {
            operation.abandon();
            Thread.currentThread().interrupt();
            throw retold(what, Errno.EINTR, "the thread was interrupted", stopped);
        }
    }

    /** A problem of another thread, with the stack of this one. */
    private LinuxException retold(String what, int errno, String detail, Exception cause) {
        LinuxException told = checks.problem(what, errno, detail);
        told.initCause(cause);
        return told;
    }

    /** The device says another capacity, in sectors. On its interrupt thread. */
    void resize(long capacity) {
        long bytes = bytes(capacity);
        if (bytes == size) {
            return;
        }
        size = bytes;
        for (LongConsumer listener : listeners) {
            try {
                listener.accept(bytes);
            } catch (RuntimeException wrong) {
                System.getLogger(BlkDisk.class.getName())
                        .log(System.Logger.Level.WARNING, name + ": a resize listener failed", wrong);
            }
        }
    }

    @Override
    public void addResizeListener(LongConsumer listener) {
        listeners.add(listener);
    }

    @Override
    public void removeResizeListener(LongConsumer listener) {
        listeners.remove(listener);
    }

    @Override
    public String toString() {
        return name + ", " + size + " bytes";
    }
}
