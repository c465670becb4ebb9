package io.vduse4j.testkit.hostile;

import java.util.Arrays;
import java.util.List;

/** What a hostile driver puts into a ring: requests that are right, and each way to get one wrong that leaves the ring sound. */
public enum ChainKind {
    /** A read, verified. */
    READ(For.ANY, GoodChains::read),
    /** A write, verified by later reads. */
    WRITE(For.ANY, GoodChains::write),
    /** A flush with any sector (VB-18). */
    FLUSH(For.ANY, GoodChains::flush),
    /** The id of the disk. */
    GET_ID(For.ANY, GoodChains::id),
    /** A discard of some segments (VB-08). */
    DISCARD(For.ANY, GoodChains::discard),
    /** A write-zeroes of some segments (VB-09). */
    WRITE_ZEROES(For.ANY, GoodChains::writeZeroes),
    /** A transfer of no bytes. */
    NO_DATA(For.ANY, GoodChains::noData),
    /** Buffers of length 0 in between, at addresses where nothing is (BUG-03). */
    EMPTY_BUFFERS(For.ANY, GoodChains::emptyBuffers),
    /** A table whose entries have flags and ids that count for nothing (VP-11). */
    JUNK_IN_TABLE(For.PACKED_TABLES, GoodChains::junkInTable),
    /** A list of which only the first descriptor says that it is available (VP-07). */
    STALE_LIST(For.PACKED, GoodChains::staleList),

    /** A readable buffer behind a writable one (VS-04). */
    READ_AFTER_WRITE(For.ANY, BadLists::readAfterWrite),
    /** A descriptor that goes on at itself or at an earlier one (VS-08, BUG-02). */
    LOOP(For.SPLIT, BadLists::loop),
    /** The same in a table. */
    LOOP_IN_TABLE(For.SPLIT_TABLES, BadLists::loopInTable),
    /** A table that is as long as the queue behind a descriptor of the ring (VS-03). */
    TOO_LONG(For.SPLIT_TABLES, BadLists::tooLong),
    /** {@code next} outside of the descriptor table. */
    NEXT_OUT_OF_RANGE(For.SPLIT, BadLists::nextOutOfRange),
    /** {@code next} outside of an indirect table. */
    NEXT_OUT_OF_TABLE(For.SPLIT_TABLES, BadLists::nextOutOfTable),
    /** More than 2^32 bytes (VS-08). */
    TOO_LARGE(For.ANY, BadLists::tooLarge),
    /** A table that was not negotiated (VS-09, VP-10). */
    TABLE_NOT_NEGOTIATED(For.NO_TABLES, BadLists::tableNotNegotiated),
    /** A table in a table (VS-09). */
    TABLE_IN_TABLE(For.SPLIT_TABLES, BadLists::tableInTable),
    /** INDIRECT with NEXT, or in a list of several (VS-09, VP-10). */
    TABLE_WITH_NEXT(For.TABLES, BadLists::tableWithNext),
    /** A table of length 0, of a broken length, or of more entries than the queue has (VS-09). */
    TABLE_LENGTH(For.TABLES, BadLists::tableLength),
    /** A table that is not there, not in whole, not to be read, or at the end of the address space. */
    TABLE_UNMAPPED(For.TABLES, BadLists::tableUnmapped),

    /** A header that is not there. */
    HEADER_UNMAPPED(For.ANY, BadBuffers::headerUnmapped),
    /** A header that is there in part. */
    HEADER_PARTLY_MAPPED(For.ANY, BadBuffers::headerPartlyMapped),
    /** A header that the device may not read. */
    HEADER_NOT_READABLE(For.ANY, BadBuffers::headerNotReadable),
    /** Data that is not there. */
    DATA_UNMAPPED(For.ANY, BadBuffers::dataUnmapped),
    /** Data that is there in part. */
    DATA_PARTLY_MAPPED(For.ANY, BadBuffers::dataPartlyMapped),
    /** Data to be read into memory that the device may not write (VS-05). */
    DATA_NOT_WRITABLE(For.ANY, BadBuffers::dataNotWritable),
    /** A buffer that runs over the end of the address space (BUG-03). */
    DATA_WRAPS(For.ANY, BadBuffers::dataWraps),
    /** A buffer of nearly 2^32 bytes. */
    DATA_HUGE(For.ANY, BadBuffers::dataHuge),
    /** Data and status in one buffer of which only the end is there. */
    ONLY_STATUS_MAPPED(For.ANY, BadBuffers::onlyStatusMapped),
    /** A status that is not there. */
    STATUS_UNMAPPED(For.ANY, BadBuffers::statusUnmapped),
    /** A status that the device may not write. */
    STATUS_NOT_WRITABLE(For.ANY, BadBuffers::statusNotWritable),
    /** More pieces than a device can keep. */
    TOO_FRAGMENTED(For.ANY, BadBuffers::tooFragmented),

    /** A header of less than 16 bytes (BUG-06). */
    SHORT_HEADER(For.ANY, BadRequests::shortHeader),
    /** Nothing to write a status to (BUG-09). */
    NO_STATUS(For.ANY, BadRequests::noStatus),
    /** A type that is not known (VB-13). */
    UNKNOWN_TYPE(For.ANY, BadRequests::unknownType),
    /** Lists in flight that have one id (VP-13, BUG-04); nobody understands them either. */
    DUPLICATE_ID(For.PACKED, BadRequests::twin),
    /** Data that is not made of sectors (VB-19). */
    BROKEN_SECTOR(For.ANY, BadRequests::brokenSector),
    /** Sectors behind the end, or so far that they overflow (VB-17, BUG-05). */
    OUT_OF_RANGE(For.ANY, BadRequests::outOfRange),
    /** A read with data, a write with room (VB-19). */
    STRAY_DATA(For.ANY, BadRequests::strayData),
    /** An id of the wrong length (VB-19). */
    ID_LENGTH(For.ANY, BadRequests::idLength),
    /** No segments, too many, or a broken one (VB-19). */
    SEGMENT_COUNT(For.ANY, BadRequests::segmentCount),
    /** Segments behind the end or so long that they overflow; the others are right (BUG-05). */
    SEGMENT_RANGE(For.ANY, BadRequests::segmentRange),
    /** Flags of a segment that are not known (VB-07). */
    SEGMENT_FLAGS(For.ANY, BadRequests::segmentFlags);

    /** Where a kind has a meaning. */
    private enum For {
        ANY,
        SPLIT,
        PACKED,
        TABLES,
        SPLIT_TABLES,
        PACKED_TABLES,
        NO_TABLES
    }

    @FunctionalInterface
    private interface Recipe {
        RawChain make(ChainMaker maker, ChainKind kind);
    }

    private final For where;

    @SuppressWarnings("ImmutableEnumChecker") // all are methods without state
    private final Recipe recipe;

    ChainKind(For where, Recipe recipe) {
        this.where = where;
        this.recipe = recipe;
    }

    /** Whether it is right, and only odd at worst. */
    public boolean isGood() {
        return compareTo(STALE_LIST) <= 0;
    }

    RawChain make(ChainMaker maker) {
        return recipe.make(maker, this);
    }

    /** The kinds that have a meaning with these features. */
    static List<ChainKind> of(boolean packed, boolean indirect, boolean good) {
        return Arrays.stream(values())
                .filter(kind -> kind.isGood() == good && kind.fits(packed, indirect))
                .toList();
    }

    private boolean fits(boolean packed, boolean indirect) {
        return switch (where) {
            case ANY -> true;
            case SPLIT -> !packed;
            case PACKED -> packed;
            case TABLES -> indirect;
            case SPLIT_TABLES -> indirect && !packed;
            case PACKED_TABLES -> indirect && packed;
            case NO_TABLES -> !indirect;
        };
    }
}
