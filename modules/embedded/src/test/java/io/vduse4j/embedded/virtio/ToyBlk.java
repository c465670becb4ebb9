package io.vduse4j.embedded.virtio;

import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The content of a disk, and what its device does wrong on purpose. One lock; requests of all queues. */
final class ToyBlk {

    /** What the device does wrong from now on. */
    enum Sin {
        NONE,
        IO_ERROR,
        UNSUPPORTED,
        STRANGE_STATUS,
        DROPS_CHAINS,
        NEVER_DONE,
        RUBBISH_ID,
        LONG_LENGTH,
        INDEX_JUMP
    }

    volatile Sin sin = Sin.NONE;

    private final byte[] content;
    private final List<String> requests = new ArrayList<>();

    private final AtomicInteger held = new AtomicInteger();
    private final AtomicInteger allowed = new AtomicInteger();

    ToyBlk(int sectors) {
        content = new byte[sectors * BlkRequest.SECTOR_BYTES];
    }

    byte[] content() {
        return content;
    }

    /** What the device was asked since the last call, as "type sector bytes". */
    synchronized List<String> requests() {
        List<String> all = List.copyOf(requests);
        requests.clear();
        return all;
    }

    /** A request that is not done, see {@link Sin#NEVER_DONE}. */
    void hold() {
        held.incrementAndGet();
    }

    int held() {
        return held.get();
    }

    /** Allows to go on with so many of them. */
    void allowHeld(int count) {
        allowed.addAndGet(count);
    }

    boolean mayServeHeld() {
        if (allowed.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
            return false;
        }
        held.decrementAndGet();
        return true;
    }

    /** Performs a request. @return the used length */
    synchronized long handle(Chain chain) {
        if (sin == Sin.DROPS_CHAINS) {
            return 0;
        }
        chain.setLastAside();
        MemorySegment header = Arena.ofAuto().allocate(BlkRequest.HEADER_BYTES, 8);
        chain.consume(header, BlkRequest.HEADER_BYTES);
        int type = header.get(ValueLayout.JAVA_INT, BlkRequest.TYPE);
        long sector = header.get(ValueLayout.JAVA_LONG, BlkRequest.SECTOR);
        long bytes = chain.writableBytes();
        chain.writeLast(
                switch (sin) {
                    case IO_ERROR -> BlkRequest.S_IOERR;
                    case UNSUPPORTED -> BlkRequest.S_UNSUPP;
                    case STRANGE_STATUS -> (byte) 77;
                    default -> perform(chain, type, sector);
                });
        return bytes + (sin == Sin.LONG_LENGTH ? 2 : 1);
    }

    private byte perform(Chain chain, int type, long sector) {
        int at = (int) sector * BlkRequest.SECTOR_BYTES;
        switch (type) {
            case BlkRequest.IN -> {
                int length = (int) chain.writableBytes();
                requests.add("read " + sector + " " + length);
                chain.fill(MemorySegment.ofArray(Arrays.copyOfRange(content, at, at + length)));
            }
            case BlkRequest.OUT -> {
                int length = (int) chain.readableBytes();
                requests.add("write " + sector + " " + length);
                MemorySegment data = Arena.ofAuto().allocate(length);
                chain.consume(data, length);
                MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, content, at, length);
            }
            case BlkRequest.DISCARD, BlkRequest.WRITE_ZEROES -> {
                MemorySegment range = Arena.ofAuto().allocate(BlkRequest.SEGMENT_BYTES, 8);
                chain.consume(range, BlkRequest.SEGMENT_BYTES);
                int from = (int) range.get(ValueLayout.JAVA_LONG, 0);
                int sectors = range.get(ValueLayout.JAVA_INT, BlkRequest.SEGMENT_SECTORS);
                int flags = range.get(ValueLayout.JAVA_INT, BlkRequest.SEGMENT_FLAGS);
                requests.add((type == BlkRequest.DISCARD ? "discard " : "zero ") + from + " " + sectors + " " + flags);
                Arrays.fill(content, from * 512, (from + sectors) * 512, (byte) 0);
            }
            case BlkRequest.FLUSH -> requests.add("flush " + sector);
            default -> {
                return BlkRequest.S_UNSUPP;
            }
        }
        return BlkRequest.S_OK;
    }
}
