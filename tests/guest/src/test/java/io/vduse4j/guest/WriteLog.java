package io.vduse4j.guest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What the kernel's dm-log-writes has written down of a block device, in the order in which it became stable: read entry
 * after entry, and done again on a file (log-writes.rst, "Log Ordering" and "Usage"). One thread.
 */
final class WriteLog implements AutoCloseable {
    /** An entry that was submitted with a flush of what was completed before. */
    private static final long FLUSH = 1;

    /** An entry that was stable when it was completed. */
    private static final long FUA = 2;

    private static final long DISCARD = 4;
    private static final long MARK = 8;

    private static final long MAGIC = 0x6a736677736872L;
    private static final int SUPER_BYTES = 28;
    private static final int ENTRY_BYTES = 32;

    /** What dm counts in when it is not told otherwise. */
    private static final int SECTOR = 512;

    private final FileChannel log;
    private final FileChannel target;
    private final long entries;
    private long next;
    private long at = SECTOR;
    private long flags;
    private String mark = "";

    /**
     * Opens a log.
     *
     * @param log what it was written to; nobody writes it any more
     * @param target as large as the device, and zeroes
     */
    WriteLog(Path log, Path target) throws IOException {
        this.log = FileChannel.open(log, StandardOpenOption.READ);
        this.target = FileChannel.open(target, StandardOpenOption.WRITE);
        var head = read(0, SUPER_BYTES);
        if (head.getLong(0) != MAGIC || head.getLong(8) != 1 || head.getInt(24) != SECTOR) {
            throw new IOException(log + " is no log of version 1 in sectors of " + SECTOR + " bytes");
        }
        entries = head.getLong(16);
    }

    /** Does the next entry on the target; false if there is none. */
    boolean next() throws IOException {
        if (next == entries) {
            return false;
        }
        next++;
        var entry = read(at, ENTRY_BYTES);
        long offset = entry.getLong(0) * SECTOR;
        long bytes = entry.getLong(8) * SECTOR;
        flags = entry.getLong(16);
        int text = Math.clamp(entry.getLong(24), 0, SECTOR - ENTRY_BYTES);
        mark = new String(read(at + ENTRY_BYTES, text).array(), StandardCharsets.US_ASCII);
        at += SECTOR;
        if ((flags & DISCARD) != 0) {
            // Afterwards it may be old or zero: zero is the worse one.
            write(ByteBuffer.allocate(Math.toIntExact(bytes)), offset);
        } else {
            write(read(at, Math.toIntExact(bytes)), offset);
            at += bytes;
        }
        return true;
    }

    /** How many entries there are. */
    long entries() {
        return entries;
    }

    /** Whether the last entry was a mark with this text; the kernel makes one itself at the end. */
    boolean isMark(String text) {
        return (flags & MARK) != 0 && mark.equals(text);
    }

    /** Whether the last entry was a flush, or stable by itself. */
    boolean isFlush() {
        return (flags & (FLUSH | FUA)) != 0;
    }

    private ByteBuffer read(long offset, int bytes) throws IOException {
        var buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (log.read(buffer, offset + buffer.position()) < 0) {
                throw new IOException("the log ends in the midst of entry " + next + " of " + entries);
            }
        }
        return buffer.flip();
    }

    private void write(ByteBuffer buffer, long offset) throws IOException {
        while (buffer.hasRemaining()) {
            target.write(buffer, offset + buffer.position());
        }
    }

    @Override
    public void close() throws IOException {
        try (log) {
            target.close();
        }
    }
}
