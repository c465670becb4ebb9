package io.vduse4j.fuzz;

import static io.vduse4j.virtio.GuestMemory.READ;
import static io.vduse4j.virtio.GuestMemory.WRITE;

import io.vduse4j.linux.NativeMemory;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.MemorySource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The driver's memory of a fuzz target: areas with all kinds of rights, borders and neighbours, one of them handed out only
 * when it is asked for; between them lies what nobody may touch. A second copy holds what the memory must look like: a
 * driver's step changes both, a device's step is foretold in the copy.
 */
final class FuzzMemory implements MemorySource {

    static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    static final int NOWHERE = -1;
    static final long RINGS = 0x1000_0000L;
    static final int RINGS_BYTES = 0x800;
    static final long TABLES = 0x2000_0000L;
    private static final int FIRST_TABLES_BYTES = 0x208;
    static final int TABLE_ENTRIES = 0x400 / 16;
    private static final int CROWD = 24;
    static final int BYTES = 0x3400;

    private static final int BOTH = READ | WRITE;

    /** The border between the tables is in the middle of an entry. */
    private static final Area FIRST_TABLES = new Area(TABLES, FIRST_TABLES_BYTES, 0x900, READ);

    private static final Area SECOND_TABLES = new Area(TABLES + FIRST_TABLES_BYTES, 0x1f8, 0xc00, BOTH);
    private static final Area LAZY = new Area(0x3000_1400L, 0x400, 0x2300, BOTH);

    private static final List<Area> AREAS = areas();

    private static List<Area> areas() {
        List<Area> areas = new ArrayList<>(List.of(
                new Area(RINGS, RINGS_BYTES, 0, BOTH),
                new Area(0x3000_0000L, 0x400, 0x1000, BOTH),
                new Area(0x3000_0400L, 0x400, 0x1400, BOTH), // a neighbour in both spaces
                new Area(0x3000_0800L, 0x400, 0x1900, READ),
                new Area(0x3000_0c00L, 0x400, 0x1e00, WRITE),
                LAZY,
                FIRST_TABLES,
                SECOND_TABLES,
                new Area(0, 0x100, 0x2e00, BOTH),
                new Area(0x7fff_ffff_ffff_ff00L, 0x200, 0x2800, BOTH), // passes the sign bit
                new Area(-0x200L, 0x200, 0x2b00, BOTH), // ends with the address space
                new Area(0x6000_0000L, 0x100, 0x3200, 0)));
        for (int i = 0; i < CROWD; i++) {
            areas.add(new Area(0x5000_0000L + 8L * i, 8, 0x3000 + 16 * i, BOTH));
        }
        return List.copyOf(areas);
    }

    private final MemorySegment now = Arena.global().allocate(BYTES, 4096);
    private final MemorySegment expected = Arena.global().allocate(BYTES, 4096);
    private final MemorySegment start = Arena.global().allocate(BYTES, 4096);
    private final long base;
    private final GuestMemory eager;
    private final GuestMemory all;
    private GuestMemory table;

    private FuzzMemory(boolean byAddress) {
        base = byAddress ? now.address() : 0;
        MemorySegment space = byAddress ? NativeMemory.ALL : now;
        eager = GuestMemory.of(
                space,
                1,
                AREAS.stream()
                        .filter(area -> !area.equals(LAZY))
                        .map(area -> area.region(base))
                        .toList());
        all = eager.with(LAZY.region(base));
        table = eager;
        for (int i = RINGS_BYTES; i < BYTES; i++) {
            start.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31 + (i >> 8)));
        }
    }

    /** Whose host addresses are offsets into a segment of its own, so that an access outside of it is seen at once. */
    static FuzzMemory bounded() {
        return new FuzzMemory(false);
    }

    /** Whose host addresses are addresses, for what goes to a backend. */
    static FuzzMemory byAddress() {
        return new FuzzMemory(true);
    }

    /** Begins a new run: the rings are zero, all else is a pattern. */
    void reset() {
        now.copyFrom(start);
        expected.copyFrom(start);
        table = eager;
    }

    /** Host address of a place. */
    long host(int place) {
        return base + place;
    }

    @Override
    public GuestMemory memory() {
        return table;
    }

    @Override
    public GuestMemory resolve(long address) {
        if (LAZY.holds(address)) {
            table = all;
        }
        return table;
    }

    /** A device address in or near an area, or any. */
    static long address(Input input) {
        int kind = input.u8();
        if (kind == 0xff) {
            return input.u64();
        }
        Area area = AREAS.get(kind % AREAS.size());
        int offset = input.u8();
        return area.first() + (offset < 0xc0 ? offset * 8 % area.bytes() : area.bytes() - 32 + (offset - 0xc0));
    }

    /** The area that holds a device address, or null; what was not asked for yet counts. */
    static Area find(long address) {
        for (Area area : AREAS) {
            if (area.holds(address)) {
                return area;
            }
        }
        return null;
    }

    /** Where a part of a ring lies that must be in one area and aligned; or {@link #NOWHERE}. */
    int part(long address, int bytes, int alignment, int access) {
        Area area = find(address);
        if (area == null || (area.access() & access) != access || !area.holds(address + bytes - 1)) {
            return NOWHERE;
        }
        int place = area.place(address);
        return address % alignment == 0 && host(place) % alignment == 0 ? place : NOWHERE;
    }

    /** The place of an entry's byte in the tables, which an indirect descriptor at {@link #TABLES} would refer to. */
    static int table(int offset) {
        return find(TABLES + offset).place(TABLES + offset);
    }

    // All that a model reads is read from the copy: what was foretold a moment ago counts already.
    int get8(int place) {
        return Byte.toUnsignedInt(expected.get(ValueLayout.JAVA_BYTE, place));
    }

    int get16(int place) {
        return Short.toUnsignedInt(expected.get(LE16, place));
    }

    long get32(int place) {
        return Integer.toUnsignedLong(expected.get(LE32, place));
    }

    long get64(int place) {
        return expected.get(LE64, place);
    }

    /** The driver writes. */
    void put8(int place, int value) {
        now.set(ValueLayout.JAVA_BYTE, place, (byte) value);
        expect8(place, value);
    }

    void put16(int place, int value) {
        now.set(LE16, place, (short) value);
        expect16(place, value);
    }

    void put32(int place, long value) {
        now.set(LE32, place, (int) value);
        expect32(place, value);
    }

    void put64(int place, long value) {
        now.set(LE64, place, value);
        expected.set(LE64, place, value);
    }

    /** The device will have written. */
    void expect8(int place, int value) {
        expected.set(ValueLayout.JAVA_BYTE, place, (byte) value);
    }

    void expect16(int place, int value) {
        expected.set(LE16, place, (short) value);
    }

    void expect32(int place, long value) {
        expected.set(LE32, place, (int) value);
    }

    /** The device will have copied this here. */
    void expect(int place, MemorySegment bytes) {
        MemorySegment.copy(bytes, 0, expected, place, bytes.byteSize());
    }

    /** What the memory must hold there. */
    MemorySegment view(int place, int bytes) {
        return expected.asSlice(place, bytes);
    }

    /** Nothing was written but what had to be. */
    void check() {
        long at = now.mismatch(expected);
        if (at >= 0) {
            throw new AssertionError("the byte at 0x" + Long.toHexString(at) + " is "
                    + Byte.toUnsignedInt(now.get(ValueLayout.JAVA_BYTE, at)) + ", not " + get8((int) at));
        }
    }
}
