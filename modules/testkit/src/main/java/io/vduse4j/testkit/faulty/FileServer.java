package io.vduse4j.testkit.faulty;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.OpenFlags;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Answers the kernel's requests for the one file, in the order in which they come unless faults hold them back. */
final class FileServer {
    private static final MemorySegment NOTHING = MemorySegment.ofArray(new byte[0]);
    private static final int BLOCK = 4096;
    private static final int MODE = 0100600;

    private final FuseConnection kernel;
    private final Content content;
    private final Faults faults;

    /**
     * Prepares.
     *
     * @param trace takes a {@link FileEvent} for all that changes or syncs the file
     */
    FileServer(FuseConnection kernel, long size, Faults faults, DataOutputStream trace) {
        this.kernel = kernel;
        this.content = new Content(size, trace);
        this.faults = faults;
    }

    /** Serves until the file is unmounted or the connection closed. */
    void run() throws IOException {
        while (kernel.receive()) {
            long unique = kernel.unique();
            var body = kernel.body();
            switch (kernel.opcode()) {
                case FuseAbi.INIT -> kernel.reply(unique, 0, init(body));
                case FuseAbi.GETATTR -> kernel.reply(unique, 0, attributes());
                case FuseAbi.SETATTR -> setAttributes(unique, body);
                case FuseAbi.OPEN -> kernel.reply(unique, 0, open());
                case FuseAbi.STATFS -> kernel.reply(unique, 0, statfs());
                case FuseAbi.READ -> {
                    long offset = body.get(JAVA_LONG, FuseAbi.IO_OFFSET);
                    faults.pass(Fault.Op.READ, offset, body.get(JAVA_INT, FuseAbi.IO_SIZE), read(unique, offset));
                }
                case FuseAbi.WRITE -> write(unique, body);
                case FuseAbi.FSYNC -> faults.pass(Fault.Op.FSYNC, 0, 0, sync(unique));
                case FuseAbi.FALLOCATE -> {
                    long offset = body.get(JAVA_LONG, FuseAbi.FALLOCATE_OFFSET);
                    long length = body.get(JAVA_LONG, FuseAbi.FALLOCATE_LENGTH);
                    int mode = body.get(JAVA_INT, FuseAbi.FALLOCATE_MODE);
                    faults.pass(Fault.Op.FALLOCATE, offset, length, allocate(unique, offset, mode));
                }
                case FuseAbi.FLUSH, FuseAbi.RELEASE, FuseAbi.DESTROY -> kernel.reply(unique, 0, NOTHING);
                case FuseAbi.FORGET, FuseAbi.BATCH_FORGET, FuseAbi.INTERRUPT -> {
                    // They want no answer. What was interrupted is nevertheless done: a disk does not forget either.
                }
                default -> kernel.reply(unique, Errno.ENOSYS, NOTHING);
            }
        }
    }

    /** Makes the trace complete for its readers. */
    void flushTrace() throws IOException {
        content.flush();
    }

    private static MemorySegment answer(int bytes) {
        return MemorySegment.ofArray(new long[bytes / Long.BYTES]);
    }

    private static MemorySegment init(MemorySegment asked) {
        var init = answer(FuseAbi.INIT_OUT);
        init.set(JAVA_INT, 0, FuseAbi.MAJOR);
        init.set(JAVA_INT, 4, FuseAbi.MINOR);
        init.set(JAVA_INT, FuseAbi.INIT_MAX_READAHEAD, asked.get(JAVA_INT, FuseAbi.INIT_MAX_READAHEAD));
        init.set(JAVA_INT, FuseAbi.INIT_FLAGS, FuseAbi.ASYNC_DIO | FuseAbi.BIG_WRITES | FuseAbi.MAX_PAGES);
        init.set(JAVA_SHORT, FuseAbi.INIT_MAX_BACKGROUND, (short) 256);
        init.set(JAVA_SHORT, FuseAbi.INIT_CONGESTION, (short) 256);
        init.set(JAVA_INT, FuseAbi.INIT_MAX_WRITE, FuseConnection.MOST_BYTES);
        init.set(JAVA_INT, FuseAbi.INIT_TIME_GRAN, 1);
        init.set(JAVA_SHORT, FuseAbi.INIT_MAX_PAGES, (short) (FuseConnection.MOST_BYTES / BLOCK));
        return init;
    }

    /** Valid for no time: the kernel asks again. */
    private MemorySegment attributes() {
        var attributes = answer(FuseAbi.ATTR_OUT);
        long size = content.size();
        attributes.set(JAVA_LONG, FuseAbi.ATTR_INO, 1);
        attributes.set(JAVA_LONG, FuseAbi.ATTR_SIZE, size);
        attributes.set(JAVA_LONG, FuseAbi.ATTR_BLOCKS, size / 512);
        attributes.set(JAVA_INT, FuseAbi.ATTR_MODE, MODE);
        attributes.set(JAVA_INT, FuseAbi.ATTR_NLINK, 1);
        attributes.set(JAVA_INT, FuseAbi.ATTR_BLKSIZE, BLOCK);
        return attributes;
    }

    private void setAttributes(long unique, MemorySegment body) throws LinuxException {
        if ((body.get(JAVA_INT, FuseAbi.SETATTR_VALID) & FuseAbi.FATTR_SIZE) != 0) {
            content.resize(body.get(JAVA_LONG, FuseAbi.SETATTR_SIZE));
        }
        kernel.reply(unique, 0, attributes());
    }

    private static MemorySegment open() {
        var open = answer(FuseAbi.OPEN_OUT);
        open.set(JAVA_INT, FuseAbi.OPEN_FLAGS, FuseAbi.FOPEN_DIRECT_IO | FuseAbi.FOPEN_PARALLEL_DIRECT_WRITES);
        return open;
    }

    private static MemorySegment statfs() {
        var statfs = answer(FuseAbi.STATFS_OUT);
        statfs.set(JAVA_INT, FuseAbi.STATFS_BSIZE, BLOCK);
        statfs.set(JAVA_INT, FuseAbi.STATFS_NAMELEN, 255);
        statfs.set(JAVA_INT, FuseAbi.STATFS_FRSIZE, BLOCK);
        return statfs;
    }

    private Faults.Action read(long unique, long offset) {
        return (errno, most) -> kernel.reply(unique, errno, errno == 0 ? content.read(offset, (int) most) : NOTHING);
    }

    /** The data is copied: the buffer is that of the next request. */
    private void write(long unique, MemorySegment body) throws IOException {
        long offset = body.get(JAVA_LONG, FuseAbi.IO_OFFSET);
        int size = body.get(JAVA_INT, FuseAbi.IO_SIZE);
        boolean stable = (body.get(JAVA_INT, FuseAbi.IO_FLAGS) & OpenFlags.O_DSYNC) != 0;
        byte[] data = body.asSlice(FuseAbi.WRITE_IN, size).toArray(JAVA_BYTE);
        long start = System.nanoTime();
        faults.pass(Fault.Op.WRITE, offset, size, (errno, most) -> {
            int written = errno == 0 ? content.write(offset, data, (int) most, stable, start) : 0;
            var answer = answer(FuseAbi.WRITE_OUT);
            answer.set(JAVA_INT_UNALIGNED, 0, written);
            boolean full = errno == 0 && written == 0 && most > 0;
            kernel.reply(unique, full ? Errno.ENOSPC : errno, errno == 0 && !full ? answer : NOTHING);
        });
    }

    private Faults.Action sync(long unique) {
        long start = System.nanoTime();
        return (errno, _) -> {
            content.sync(errno == 0, start);
            kernel.reply(unique, errno, NOTHING);
        };
    }

    private Faults.Action allocate(long unique, long offset, int mode) {
        long start = System.nanoTime();
        return (errno, length) -> {
            if (errno == 0) {
                content.allocate(offset, length, mode, start);
            }
            kernel.reply(unique, errno, NOTHING);
        };
    }
}
