package io.vduse4j.virtio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * The memory of the model: rings, tables, and a data area whose device addresses are in a row while its host addresses
 * are in pieces out of order. A part of the data area and a table belong to each chain that may be outstanding.
 */
final class EchoMemory {

    static final byte CANARY = 0x55;
    static final int PART_BYTES = 2048;
    static final int TABLE_ENTRIES = 64;
    private static final long RINGS = 0x7_0000_0000L;
    private static final long TABLES = 0x3_0000_0000L;
    /** Passes the sign bit, so that signed arithmetic would show. */
    private static final long DATA = 0x7fff_ffff_ffff_0000L;

    final TestMemory memory;
    final RingAddresses rings;
    private final boolean packed;
    private final int parts;
    private final long tablesHost;
    private final long dataHost;
    private final long dataBytes;

    EchoMemory(boolean packed, int size, Random random) {
        this.packed = packed;
        parts = size;
        long ringBytes = (RingAddresses.bytes(packed, size, 4) + 4095) & -4096;
        tablesHost = ringBytes;
        long tableBytes = (long) parts * TABLE_ENTRIES * SplitRing.DESC_BYTES;
        dataHost = tablesHost + tableBytes;
        dataBytes = (long) parts * PART_BYTES;
        List<GuestMemory.Region> regions = new ArrayList<>();
        regions.add(TestMemory.region(RINGS, ringBytes, 0));
        regions.add(TestMemory.region(TABLES, tableBytes, tablesHost));
        scatter(regions, random);
        memory = new TestMemory(dataHost + dataBytes, regions.toArray(GuestMemory.Region[]::new));
        memory.space.asSlice(dataHost).fill(CANARY);
        rings = RingAddresses.contiguous(packed, size, 4, 0, RINGS);
    }

    private void scatter(List<GuestMemory.Region> regions, Random random) {
        List<Long> lengths = new ArrayList<>();
        for (long left = dataBytes; left > 0; ) {
            long n = Math.min(left, 1 + random.nextInt(3000));
            lengths.add(n);
            left -= n;
        }
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < lengths.size(); i++) {
            order.add(i);
        }
        Collections.shuffle(order, random);
        long[] host = new long[lengths.size()];
        long at = dataHost;
        for (int i : order) {
            host[i] = at;
            at += lengths.get(i);
        }
        long address = DATA;
        for (int i = 0; i < host.length; i++) {
            regions.add(TestMemory.region(address, lengths.get(i), host[i]));
            address += lengths.get(i);
        }
    }

    /** Device address of the part of the data area. */
    long part(int part) {
        return DATA + (long) part * PART_BYTES;
    }

    long table(int part) {
        return TABLES + (long) part * TABLE_ENTRIES * SplitRing.DESC_BYTES;
    }

    long tableHost(int part) {
        return tablesHost + (long) part * TABLE_ENTRIES * SplitRing.DESC_BYTES;
    }

    byte get(long address) {
        GuestMemory table = memory.memory();
        return memory.u8(table.host(table.find(address), address));
    }

    void put(long address, byte value) {
        GuestMemory table = memory.memory();
        memory.pattern(table.host(table.find(address), address), 1, ignored -> value);
    }

    /** What the device must never change: the driver's area, and the descriptors of a split queue. */
    MemorySegment driversRings() {
        long from = packed ? rings.driverHost() : 0;
        return memory.space.asSlice(from, rings.deviceHost() - from);
    }

    MemorySegment tables() {
        return memory.space.asSlice(tablesHost, dataHost - tablesHost);
    }

    /** Whether nothing but canaries is left in the data area. */
    boolean isClean() {
        MemorySegment data = memory.space.asSlice(dataHost, dataBytes);
        for (long i = 0; i < dataBytes; i++) {
            if (data.get(ValueLayout.JAVA_BYTE, i) != CANARY) {
                return false;
            }
        }
        return true;
    }
}
