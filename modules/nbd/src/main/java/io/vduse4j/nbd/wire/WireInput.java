package io.vduse4j.nbd.wire;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;

/**
 * Reads numbers and bytes off a socket, through a buffer. One thread's own; any thread may ask how long it has waited.
 */
public final class WireInput {
    private final ReadableByteChannel channel;
    private final ByteBuffer buffer;
    private final long address;

    /** When the read began that is under way, in {@link System#nanoTime}; 0 while none is. */
    private volatile long waitingSince;

    /**
     * Reads from a channel.
     *
     * @param channel in blocking mode
     * @param buffer empty of anything of use; at least 64 bytes
     */
    public WireInput(ReadableByteChannel channel, ByteBuffer buffer) {
        this.channel = channel;
        this.address =
                buffer.isDirect() ? MemorySegment.ofBuffer(buffer.clear()).address() : 0;
        this.buffer = buffer.order(ByteOrder.BIG_ENDIAN).flip();
    }

    /** Goes on with another buffer, which gets what the one before still held. */
    public WireInput with(ByteBuffer larger) {
        return with(channel, larger);
    }

    /** Goes on with another buffer, as {@link #with(ByteBuffer)}, and reads from elsewhere. */
    public WireInput with(ReadableByteChannel other, ByteBuffer larger) {
        var next = new WireInput(other, larger);
        next.buffer.clear().put(buffer).flip();
        return next;
    }

    /** Waits for a byte; true if there will be none because the peer has ended its side. */
    public boolean atEnd() throws IOException {
        return !buffer.hasRemaining() && !refill();
    }

    /** Returns the next 16 bits, unsigned. */
    public int u16() throws IOException {
        require(2);
        return Short.toUnsignedInt(buffer.getShort());
    }

    /** Returns the next 32 bits. */
    public int i32() throws IOException {
        require(4);
        return buffer.getInt();
    }

    /** Returns the next 32 bits, unsigned. */
    public long u32() throws IOException {
        return Integer.toUnsignedLong(i32());
    }

    /** Returns the next 64 bits. */
    public long i64() throws IOException {
        require(8);
        return buffer.getLong();
    }

    /**
     * Returns the next bytes.
     *
     * @param count checked by the caller: so much heap is allocated
     */
    public byte[] bytes(int count) throws IOException {
        var bytes = new byte[count];
        fill(ByteBuffer.wrap(bytes));
        return bytes;
    }

    /**
     * Has the next bytes together in the buffer, and leaves them there.
     *
     * @param count at most the buffer's capacity
     * @return native address of the first, valid until the next call; for a direct buffer only
     */
    public long next(int count) throws IOException {
        require(count);
        return address + buffer.position();
    }

    /** Fills a buffer, past ours where there is nothing left in it. */
    public void fill(ByteBuffer target) throws IOException {
        int buffered = Math.min(buffer.remaining(), target.remaining());
        target.put(buffer.slice().limit(buffered));
        buffer.position(buffer.position() + buffered);
        while (target.hasRemaining()) {
            if (read(target) < 0) {
                throw ended();
            }
        }
    }

    /** Passes over bytes. */
    public void skip(long count) throws IOException {
        for (long left = count; left > 0; ) {
            if (!buffer.hasRemaining() && !refill()) {
                throw ended();
            }
            int step = (int) Math.min(left, buffer.remaining());
            buffer.position(buffer.position() + step);
            left -= step;
        }
    }

    /** Returns since when the peer is waited for, in {@link System#nanoTime}; 0 while it is not. */
    public long waitingSince() {
        return waitingSince;
    }

    private void require(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            buffer.compact();
            try {
                while (buffer.position() < bytes) {
                    if (read(buffer) < 0) {
                        throw ended();
                    }
                }
            } finally {
                buffer.flip();
            }
        }
    }

    private boolean refill() throws IOException {
        buffer.clear();
        try {
            return read(buffer) > 0;
        } finally {
            buffer.flip();
        }
    }

    private int read(ByteBuffer target) throws IOException {
        // Never 0, which says that nothing is waited for.
        waitingSince = System.nanoTime() | 1;
        try {
            return channel.read(target);
        } finally {
            waitingSince = 0;
        }
    }

    private static EOFException ended() {
        return new EOFException("the peer has disconnected in the middle of a message");
    }
}
