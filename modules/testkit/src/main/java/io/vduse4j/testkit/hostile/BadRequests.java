package io.vduse4j.testkit.hostile;

import static io.vduse4j.virtio.blk.BlkRequest.SECTOR_BYTES;

import io.vduse4j.testkit.hostile.SlotMemory.Window;
import io.vduse4j.virtio.blk.BlkRequest;
import java.util.List;
import java.util.Optional;

/** Chains that are right around requests that are wrong: a status byte says so, and the disk stays as it was. */
final class BadRequests {

    /** Segments of a discard that the device takes: {@code max_discard_seg} of its configuration is not more. */
    private static final int MOST_SEGMENTS = 64;

    /** A type that no request has. */
    private static final int UNKNOWN = 99;

    private static final List<Integer> KNOWN = List.of(
            BlkRequest.IN,
            BlkRequest.OUT,
            BlkRequest.FLUSH,
            BlkRequest.GET_ID,
            BlkRequest.DISCARD,
            BlkRequest.WRITE_ZEROES);

    private BadRequests() {}

    private static RawChain failed(ChainMaker maker, ChainKind kind, int status) {
        Expected expected = maker.failed(kind, status);
        return maker.lay(maker.cut(0), expected);
    }

    private static int eitherTransfer(ChainMaker maker) {
        return maker.random.nextBoolean() ? BlkRequest.IN : BlkRequest.OUT;
    }

    private static int eitherRange(ChainMaker maker) {
        return maker.random.nextBoolean() ? BlkRequest.DISCARD : BlkRequest.WRITE_ZEROES;
    }

    static RawChain shortHeader(ChainMaker maker, ChainKind kind) {
        maker.header(eitherTransfer(maker), maker.sector(1));
        maker.readable(-1 - maker.random.nextInt(BlkRequest.HEADER_BYTES));
        maker.writable(1 + (maker.random.nextBoolean() ? SECTOR_BYTES : 0));
        return failed(maker, kind, BlkRequest.S_IOERR);
    }

    static RawChain noStatus(ChainMaker maker, ChainKind kind) {
        maker.header(eitherTransfer(maker), maker.sector(1));
        maker.sectors(1, 1);
        List<RawDescriptor> buffers = maker.cut(1);
        if (maker.random.nextBoolean()) {
            buffers.add(maker.buffer(Window.PLAIN, maker.writeAt(), 0, true));
        }
        return maker.lay(buffers, Expected.empty(kind, maker.slot(), Optional.empty()));
    }

    static RawChain unknownType(ChainMaker maker, ChainKind kind) {
        int type;
        do {
            type = maker.random.nextBoolean() ? maker.random.nextInt(32) : maker.random.nextInt();
        } while (KNOWN.contains(type));
        maker.header(type, maker.sector(1));
        if (maker.random.nextBoolean()) {
            maker.sectors(1, 1);
        }
        maker.writable(1 + maker.random.nextInt(SECTOR_BYTES));
        return failed(maker, kind, BlkRequest.S_UNSUPP);
    }

    static RawChain twin(ChainMaker maker, ChainKind kind) {
        maker.header(UNKNOWN, 0);
        maker.writable(1);
        List<RawDescriptor> list =
                RawDescriptor.linked(List.of(maker.readableBuffer(Window.PLAIN), maker.writableBuffer(Window.PLAIN)));
        return new RawChain(list, ChainMaker.TWIN_ID, false, maker.failed(kind, BlkRequest.S_UNSUPP));
    }

    static RawChain brokenSector(ChainMaker maker, ChainKind kind) {
        int broken = SECTOR_BYTES * maker.random.nextInt(2) + 1 + maker.random.nextInt(SECTOR_BYTES - 1);
        int type = eitherTransfer(maker);
        maker.header(type, maker.sector(2));
        if (type == BlkRequest.OUT) {
            maker.readable(broken);
            maker.writable(1);
        } else {
            maker.writable(broken + 1);
        }
        return failed(maker, kind, BlkRequest.S_IOERR);
    }

    /** A sector from which on two do not fit. */
    private static long outside(ChainMaker maker) {
        return switch (maker.random.nextInt(6)) {
            case 0 -> maker.capacity - 1;
            case 1 -> maker.capacity;
            case 2 -> -1L - maker.random.nextInt(2);
            case 3 -> Long.MIN_VALUE;
            // Times 512 these come out at the sectors of the slot again.
            case 4 -> maker.sector(2) + (1L << 55) * (1 + maker.random.nextInt(511));
            default -> maker.capacity + (maker.random.nextLong() >>> (1 + maker.random.nextInt(60)));
        };
    }

    static RawChain outOfRange(ChainMaker maker, ChainKind kind) {
        int type = eitherTransfer(maker);
        maker.header(type, outside(maker));
        if (type == BlkRequest.OUT) {
            maker.sectors(2, 1);
            maker.writable(1);
        } else {
            maker.writable(2 * SECTOR_BYTES + 1);
        }
        return failed(maker, kind, BlkRequest.S_IOERR);
    }

    static RawChain strayData(ChainMaker maker, ChainKind kind) {
        maker.header(eitherTransfer(maker), maker.sector(1));
        maker.sectors(1, 1);
        maker.writable(SECTOR_BYTES + 1);
        return failed(maker, kind, BlkRequest.S_IOERR);
    }

    static RawChain idLength(ChainMaker maker, ChainKind kind) {
        int length;
        do {
            length = maker.random.nextInt(2 * BlkRequest.ID_BYTES);
        } while (length == BlkRequest.ID_BYTES);
        maker.header(BlkRequest.GET_ID, 0);
        maker.writable(length + 1);
        return failed(maker, kind, BlkRequest.S_IOERR);
    }

    static RawChain segmentCount(ChainMaker maker, ChainKind kind) {
        maker.header(eitherRange(maker), 0);
        int count = maker.random.nextBoolean() ? MOST_SEGMENTS + 1 : maker.random.nextInt(4);
        for (int i = 0; i < count; i++) {
            maker.segment(maker.sector(1), 1, 0);
        }
        if (count > 0 && count <= MOST_SEGMENTS) {
            maker.readable(-1 - maker.random.nextInt(BlkRequest.SEGMENT_BYTES - 1));
        }
        maker.writable(1);
        return failed(maker, kind, BlkRequest.S_IOERR);
    }

    static RawChain segmentRange(ChainMaker maker, ChainKind kind) {
        maker.header(eitherRange(maker), 0);
        int bad = maker.random.nextInt(3);
        for (int i = 0; i < 3; i++) {
            if (i != bad) {
                maker.segment(maker.sector(1), 1, 0);
            } else if (maker.random.nextBoolean()) {
                maker.segment(outside(maker), 2, 0);
            } else {
                maker.segment(
                        maker.sector(1), maker.random.nextBoolean() ? -1 : 1 << (31 - maker.random.nextInt(9)), 0);
            }
        }
        maker.writable(1);
        return failed(maker, kind, BlkRequest.S_IOERR);
    }

    static RawChain segmentFlags(ChainMaker maker, ChainKind kind) {
        int type = eitherRange(maker);
        maker.header(type, 0);
        int lowest = type == BlkRequest.DISCARD ? 0 : 1;
        int flags = 1 << (lowest + maker.random.nextInt(32 - lowest));
        maker.segment(maker.sector(1), 1, 0);
        maker.segment(maker.sector(1), 1, flags);
        maker.writable(1);
        return failed(maker, kind, BlkRequest.S_UNSUPP);
    }
}
