package io.vduse4j.testkit.hostile;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.VhostMemory;
import io.vduse4j.testkit.VhostVdpaDevice.Access;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory for the buffers of a hostile driver: one slot a chain, seen through windows at which the device may do different
 * things. A slot is poured full of a canary before it is used; what a device may not have written must still be as it was
 * when the chain was placed.
 *
 * <p>A slot has three parts of two pages each, for what the device reads, for what it writes, for a table of descriptors.
 */
final class SlotMemory {

    /** How the device sees the slots. */
    enum Window {
        /** One region, to read and to write. */
        PLAIN,
        /** One region, only to read. */
        READ_ONLY,
        /** One region, only to write. */
        WRITE_ONLY,
        /** Many regions, with a border in the middle of each part of a slot: buffers lie across it (BUG-03). */
        BORDERS,
        /** Only the first page of each part of a slot is there. */
        HOLES,
        /** Nothing is there. */
        NOTHING;

        private final long base = (1L + ordinal()) << 44;
    }

    /** Bytes of a part of a slot: two pages. */
    static final int PART = 8192;

    /** Bytes of a slot. */
    static final int BYTES = 3 * PART;

    /** Offset of the part that the device writes. */
    static final int WRITABLE = PART;

    /** Offset of the part for a table. */
    static final int TABLE = 2 * PART;

    /** Address of very many regions of one page each, all of them the same page, only to read. */
    static final long CROWD = 1L << 50;

    /** Regions there: more than a chain has pieces in a queue of 256. */
    static final int CROWD_REGIONS = 320;

    private static final int PAGE = 4096;
    private static final byte CANARY = (byte) 0xa5;

    private final int slots;
    private final MemorySegment memory;
    private final MemorySegment image;
    private final MemorySegment canary;
    private final MemorySegment zeroes;

    SlotMemory(VhostMemory mappings, int slots) throws LinuxException {
        if (NativeMemory.pageSize() != PAGE) {
            throw new IllegalStateException("made for pages of " + PAGE + " bytes, not of " + NativeMemory.pageSize());
        }
        this.slots = slots;
        long bytes = (long) slots * BYTES;
        DriverArea area = mappings.add(bytes);
        memory = area.space().asSlice(area.host(), bytes);
        image = MemorySegment.ofArray(new long[(int) (bytes / Long.BYTES)]);
        canary = MemorySegment.ofArray(new byte[PART]).fill(CANARY);
        zeroes = MemorySegment.ofArray(new byte[PART]);
        List<VhostMemory.Window> windows = new ArrayList<>();
        windows.add(new VhostMemory.Window(area.part(0, bytes), Window.PLAIN.base, Access.BOTH));
        windows.add(new VhostMemory.Window(area.part(0, bytes), Window.READ_ONLY.base, Access.READ));
        windows.add(new VhostMemory.Window(area.part(0, bytes), Window.WRITE_ONLY.base, Access.WRITE));
        for (long at = 0; at < bytes; at += PART) {
            long begin = Math.max(0, at - PAGE);
            windows.add(new VhostMemory.Window(
                    area.part(begin, at + PAGE - begin), Window.BORDERS.base + begin, Access.BOTH));
            windows.add(new VhostMemory.Window(area.part(at, PAGE), Window.HOLES.base + at, Access.BOTH));
        }
        windows.add(
                new VhostMemory.Window(area.part(bytes - PAGE, PAGE), Window.BORDERS.base + bytes - PAGE, Access.BOTH));
        for (int i = 0; i < CROWD_REGIONS; i++) {
            windows.add(new VhostMemory.Window(area.part(0, PAGE), CROWD + (long) i * PAGE, Access.READ));
        }
        mappings.alias(windows);
    }

    int slots() {
        return slots;
    }

    /** Device address of a byte of a slot. */
    static long address(Window window, int slot, int offset) {
        return window.base + (long) slot * BYTES + offset;
    }

    /** The bytes of a slot, to be written before its chain is published. */
    MemorySegment slot(int slot) {
        return memory.asSlice((long) slot * BYTES, BYTES);
    }

    /** Pours the canary over a slot. */
    void pour(int slot) {
        slot(slot).fill(CANARY);
    }

    /** Remembers a slot as it is handed over. */
    void keep(int slot) {
        MemorySegment.copy(memory, (long) slot * BYTES, image, (long) slot * BYTES, BYTES);
    }

    /**
     * Checks that a slot is as it was handed over, but for one range, of which the caller knows what it must be.
     *
     * @param from offset of the range in the slot
     * @param length its length, 0 for none
     */
    void checkKept(int slot, int from, int length) {
        long at = (long) slot * BYTES;
        checkKept(at, at + from);
        checkKept(at + from + length, at + BYTES);
    }

    private void checkKept(long from, long to) {
        long differs = MemorySegment.mismatch(memory, from, to, image, from, to);
        if (differs != -1) {
            throw new DeviceFaultException(
                    "the device has written 0x%02x to byte %d of slot %d, which it may not (VS-05, VP-04)"
                            .formatted(
                                    memory.get(ValueLayout.JAVA_BYTE, from + differs),
                                    (from + differs) % BYTES,
                                    (from + differs) / BYTES));
        }
    }

    /** Checks that each byte of a range of the writable part is as it was, or zero (BUG-07). */
    void checkNothingLeaked(int slot, int from, int length) {
        MemorySegment range = memory.asSlice((long) slot * BYTES + from, length);
        if (range.mismatch(zeroes.asSlice(0, length)) == -1 || range.mismatch(canary.asSlice(0, length)) == -1) {
            return;
        }
        for (int i = 0; i < length; i++) {
            byte now = range.get(ValueLayout.JAVA_BYTE, i);
            if (now != 0 && now != CANARY) {
                throw new DeviceFaultException(
                        "byte " + i + " of the data of a failed request is neither as it was nor zero (BUG-07)");
            }
        }
    }
}
