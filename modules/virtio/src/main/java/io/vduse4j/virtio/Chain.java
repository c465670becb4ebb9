package io.vduse4j.virtio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A descriptor chain in its request slot: preallocated, filled by the queue when the driver makes a chain
 * available, and the handler's until it is completed. The buffers stand in an array of {@code struct iovec}, the
 * readable ones first, so that a part of it can go to a system call as it is.
 *
 * <p>Owned by the queue's worker; other threads may read the memory it names while the request is in flight.
 */
public final class Chain {

    /** Bytes of a {@code struct iovec} on a 64-bit system: base 0:8, length 8:8. */
    public static final int PIECE_BYTES = 16;

    private final int slot;
    private final int queue;
    private final MemorySegment pieces;
    private final int capacity;

    private int id;
    private int descriptors;
    private MemorySegment space;
    private long generation;
    private int first;
    private int readable;
    private int writable;
    private long readableBytes;
    private long writableBytes;
    private long lastWritable;
    private Fault fault;
    private boolean inFlight;

    /**
     * Makes an empty slot.
     *
     * @param slot number of the slot among all that a handler serves
     * @param queue index of the queue on the device
     * @param pieces native memory for the pieces, {@link #PIECE_BYTES} each
     */
    public Chain(int slot, int queue, MemorySegment pieces) {
        this.slot = slot;
        this.queue = queue;
        this.pieces = pieces;
        this.capacity = Math.toIntExact(pieces.byteSize() / PIECE_BYTES);
    }

    /** Number of the slot among all that the handler serves: what a completion from another thread names. */
    public int slot() {
        return slot;
    }

    /** Index of the queue on the device. */
    public int queue() {
        return queue;
    }

    /** What names the chain to the driver, 0 to 65535: the index of its first descriptor, or a packed queue's id. */
    public int id() {
        return id;
    }

    /** Descriptors of the ring that the chain takes: its length in a packed queue, 1 in a split one. */
    int descriptors() {
        return descriptors;
    }

    /** Generation of the memory that the pieces lie in. */
    public long generation() {
        return generation;
    }

    /** What is wrong with the chain or a buffer of it, or null. Only faults of the size of a request get to a handler. */
    public Fault fault() {
        return fault;
    }

    /** Whether the driver waits for this chain. */
    public boolean inFlight() {
        return inFlight;
    }

    /** Bytes that the device may read and has not consumed. */
    public long readableBytes() {
        return readableBytes;
    }

    /** Bytes that the device may write and has not set aside. */
    public long writableBytes() {
        return writableBytes;
    }

    /** Pieces that hold the readable bytes. */
    public int readablePieces() {
        return readable;
    }

    /** Pieces that hold the writable bytes. */
    public int writablePieces() {
        return writable;
    }

    /** Address of the iovec of the first readable piece. */
    public long readableIov() {
        return pieces.address() + (long) first * PIECE_BYTES;
    }

    /** Address of the iovec of the first writable piece. */
    public long writableIov() {
        return readableIov() + (long) readable * PIECE_BYTES;
    }

    /**
     * Host address of the last writable byte as the driver gave it, or -1 if there is none or it is not granted. A fault
     * in another buffer, or in an earlier part of this one, does not hide it.
     */
    public long lastWritable() {
        return lastWritable;
    }

    /** Writes the last writable byte: the status of a request. {@link #lastWritable} must not be -1. */
    public void writeLast(byte value) {
        space.set(ValueLayout.JAVA_BYTE, lastWritable, value);
    }

    /**
     * Copies readable bytes out and consumes them, however they are framed (VS-02).
     *
     * @param to where they go, from its start
     * @param length how many, at most {@link #readableBytes}
     * @throws IndexOutOfBoundsException if there are not as many; nothing is consumed
     */
    public void consume(MemorySegment to, long length) {
        Objects.checkFromIndexSize(0, length, readableBytes);
        long done = 0;
        while (done < length) {
            long base = base(first);
            long size = size(first);
            long n = Math.min(size, length - done);
            MemorySegment.copy(space, base, to, done, n);
            done += n;
            if (n == size) {
                first++;
                readable--;
            } else {
                set(first, base + n, size - n);
            }
        }
        readableBytes -= length;
    }

    /**
     * Takes the last writable byte out of the writable bytes. Only for a chain without a fault: with one, the last byte
     * may be known and yet be in no piece.
     *
     * @throws IllegalStateException if there is none
     */
    public void setLastAside() {
        if (writable == 0 || fault != null) {
            throw new IllegalStateException("no writable byte to set aside in chain " + id);
        }
        int piece = first + readable + writable - 1;
        long size = size(piece);
        if (size == 1) {
            writable--;
        } else {
            set(piece, base(piece), size - 1);
        }
        writableBytes--;
    }

    /**
     * Copies bytes into the writable pieces from their start.
     *
     * @param from the bytes, at most {@link #writableBytes}
     * @throws IndexOutOfBoundsException if they are more; nothing is written
     */
    public void fill(MemorySegment from) {
        Objects.checkFromIndexSize(0, from.byteSize(), writableBytes);
        long done = 0;
        for (int i = first + readable; done < from.byteSize(); i++) {
            long n = Math.min(size(i), from.byteSize() - done);
            MemorySegment.copy(from, done, space, base(i), n);
            done += n;
        }
    }

    /** Zeroes all writable bytes, so that nothing of our memory, nor of an earlier request, reaches the driver (BUG-07). */
    public void zeroWritable() {
        int start = first + readable;
        for (int i = start; i < start + writable; i++) {
            space.asSlice(base(i), size(i)).fill((byte) 0);
        }
    }

    /** Begins a new life of the slot; called by the queue. */
    void begin(MemorySegment space, long generation) {
        this.space = space;
        this.generation = generation;
        first = 0;
        readable = 0;
        writable = 0;
        readableBytes = 0;
        writableBytes = 0;
        lastWritable = -1;
        fault = null;
        inFlight = true;
    }

    /** Says where in the ring the chain is. */
    void taken(int name, int length) {
        id = name;
        descriptors = length;
    }

    /** The driver has the chain back. */
    void end() {
        inFlight = false;
    }

    /** Adds a piece; false if there is no room. Neighbours in host memory are joined. */
    boolean add(long base, long length, boolean write) {
        int count = readable + writable;
        boolean startsKind = write ? writable == 0 : readable == 0;
        if (!startsKind && base(count - 1) + size(count - 1) == base) {
            set(count - 1, base(count - 1), size(count - 1) + length);
        } else if (count == capacity) {
            return false;
        } else {
            set(count, base, length);
            if (write) {
                writable++;
            } else {
                readable++;
            }
        }
        if (write) {
            writableBytes += length;
            lastWritable = base + length - 1;
        } else {
            readableBytes += length;
        }
        return true;
    }

    /** Notes what is wrong; the first fault counts. */
    void fault(Fault found) {
        if (fault == null) {
            fault = found;
        }
    }

    /** Notes what makes the whole chain unusable; it counts before the fault of a buffer. */
    void fail(Fault found) {
        fault = found;
    }

    /** Says where the last writable byte is although it is in no piece; -1 if it is not granted. */
    void lastWritable(long host) {
        lastWritable = host;
    }

    private long base(int piece) {
        return pieces.get(ValueLayout.JAVA_LONG, (long) piece * PIECE_BYTES);
    }

    private long size(int piece) {
        return pieces.get(ValueLayout.JAVA_LONG, (long) piece * PIECE_BYTES + 8);
    }

    private void set(int piece, long base, long size) {
        pieces.set(ValueLayout.JAVA_LONG, (long) piece * PIECE_BYTES, base);
        pieces.set(ValueLayout.JAVA_LONG, (long) piece * PIECE_BYTES + 8, size);
    }

    /** Says which chain it is and how large. */
    @Override
    public String toString() {
        return "chain %d of queue %d, %d bytes to read and %d to write"
                .formatted(id, queue, readableBytes, writableBytes);
    }
}
