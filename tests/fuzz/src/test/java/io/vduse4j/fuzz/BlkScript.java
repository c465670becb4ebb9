package io.vduse4j.fuzz;

import static io.vduse4j.virtio.SplitRing.DESC_WRITE;

import io.vduse4j.virtio.blk.BlkRequest;
import java.util.ArrayList;
import java.util.List;

/** Writes block requests, in most cases with something right about them. */
final class BlkScript {

    private static final int[] TYPES = {
        BlkRequest.IN, BlkRequest.OUT, BlkRequest.FLUSH, BlkRequest.GET_ID, BlkRequest.DISCARD, BlkRequest.WRITE_ZEROES
    };

    /** Where headers and ranges lie: device address and place. */
    private static final long HEADERS = 0;

    private static final int HEADERS_AT = 0x2e00;
    private static final int HEADERS_MOST = 16;
    private static final long RANGES = 0x3000_0400L;
    private static final int RANGES_AT = 0x1400;

    private final FuzzMemory memory;
    private int next;

    BlkScript(FuzzMemory memory) {
        this.memory = memory;
    }

    /** Writes a header and ranges, and returns the buffers of the request. */
    List<Buffer> request(Input input) {
        int how = input.u8();
        int kind = input.u8() % 8;
        long type = kind < TYPES.length ? TYPES[kind] : input.u32();
        int header = next++ % HEADERS_MOST * 16;
        memory.put32(HEADERS_AT + header, type);
        memory.put32(HEADERS_AT + header + 4, 0);
        memory.put64(HEADERS_AT + header + BlkRequest.SECTOR, sector(input));
        List<Buffer> buffers = new ArrayList<>();
        int cut = (how & 1) != 0 ? input.u8() % 17 : 16;
        buffers.add(new Buffer(HEADERS + header, cut, 0));
        if (cut < 16) {
            buffers.add(new Buffer(HEADERS + header + cut, 16 - cut, 0));
        }
        if (type == BlkRequest.DISCARD || type == BlkRequest.WRITE_ZEROES) {
            buffers.add(ranges(input));
        }
        boolean raw = (how & 8) != 0;
        int direction = type == BlkRequest.OUT ? 0 : DESC_WRITE;
        for (int left = how >> 4 & 3; left > 0; left--) {
            Buffer data = Buffer.from(input);
            buffers.add(raw ? data : new Buffer(data.address(), data.length(), direction));
        }
        if ((how & 2) == 0) {
            buffers.add(new Buffer(FuzzMemory.address(input), 1, DESC_WRITE));
        }
        return buffers;
    }

    private static long sector(Input input) {
        int sector = input.u8();
        return sector < 0xf8 ? sector % (FuzzDisk.SECTORS + 4) : input.u64();
    }

    private Buffer ranges(Input input) {
        int count = input.u8() % 5;
        for (int i = 0; i < count; i++) {
            int at = RANGES_AT + BlkRequest.SEGMENT_BYTES * i;
            memory.put64(at, sector(input));
            int sectors = input.u8();
            memory.put32(at + BlkRequest.SEGMENT_SECTORS, sectors < 0xf8 ? sectors % 12 : input.u32());
            int flags = input.u8();
            memory.put32(at + BlkRequest.SEGMENT_FLAGS, flags < 0xc0 ? flags & 1 : flags);
        }
        return new Buffer(RANGES, (long) BlkRequest.SEGMENT_BYTES * count, 0);
    }
}
