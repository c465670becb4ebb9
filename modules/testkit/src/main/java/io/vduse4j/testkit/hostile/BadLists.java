package io.vduse4j.testkit.hostile;

import static io.vduse4j.virtio.SplitRing.DESC_BYTES;
import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;

import io.vduse4j.testkit.hostile.SlotMemory.Window;
import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.blk.BlkRequest;
import java.util.ArrayList;
import java.util.List;

/** Chains whose descriptors make no list: each must be given back empty, and nothing of it is done. */
final class BadLists {

    private BadLists() {}

    /** The buffers of a request that would be right. */
    private static List<RawDescriptor> buffers(ChainMaker maker, ChainKind kind, int reserved) {
        if (maker.random.nextBoolean()) {
            GoodChains.readRequest(maker, kind);
        } else {
            maker.header(BlkRequest.OUT, maker.sector(1));
            maker.sectors(1, 1);
            maker.writable(1);
        }
        return maker.cut(reserved);
    }

    static RawChain readAfterWrite(ChainMaker maker, ChainKind kind) {
        List<RawDescriptor> buffers = buffers(maker, kind, 1);
        buffers.add(maker.buffer(Window.PLAIN, maker.readAt(), 1 + maker.random.nextInt(8), false));
        return maker.lay(buffers, maker.empty(kind, Fault.READ_AFTER_WRITE));
    }

    static RawChain loop(ChainMaker maker, ChainKind kind) {
        List<RawDescriptor> chain = RawDescriptor.linked(closed(maker, kind));
        return maker.chain(chain, maker.empty(kind, Fault.CHAIN_TOO_LONG));
    }

    /** Few enough buffers for the ring, the last of which goes on at one of the same direction. */
    private static List<RawDescriptor> closed(ChainMaker maker, ChainKind kind) {
        buffers(maker, kind, 0);
        boolean onlyReadable = maker.random.nextBoolean();
        List<RawDescriptor> buffers = new ArrayList<>();
        int length = Math.min(8, maker.readLength());
        for (int i = maker.random.nextInt(3); i >= 0; i--) {
            buffers.add(maker.buffer(Window.PLAIN, maker.readAt(), length, false));
        }
        int back = maker.random.nextInt(buffers.size());
        if (!onlyReadable) {
            back = buffers.size();
            for (int i = maker.random.nextInt(3); i >= 0; i--) {
                buffers.add(maker.buffer(Window.PLAIN, maker.writeAt(), 1, true));
            }
            back += maker.random.nextInt(buffers.size() - back);
        }
        buffers.set(buffers.size() - 1, buffers.getLast().to(back));
        return buffers;
    }

    static RawChain loopInTable(ChainMaker maker, ChainKind kind) {
        RawDescriptor table = maker.table(RawDescriptor.linked(closed(maker, kind)), Window.BORDERS);
        return maker.chain(List.of(table), maker.empty(kind, Fault.CHAIN_TOO_LONG));
    }

    static RawChain tooLong(ChainMaker maker, ChainKind kind) {
        buffers(maker, kind, 0);
        List<RawDescriptor> entries = new ArrayList<>();
        for (int i = 0; i < maker.size; i++) {
            entries.add(maker.buffer(Window.PLAIN, maker.writeAt(), 1, true));
        }
        RawDescriptor header = maker.readableBuffer(Window.PLAIN).to(1);
        RawDescriptor table = maker.table(RawDescriptor.linked(entries), Window.READ_ONLY);
        return maker.chain(List.of(header, table), maker.empty(kind, Fault.CHAIN_TOO_LONG));
    }

    static RawChain nextOutOfRange(ChainMaker maker, ChainKind kind) {
        buffers(maker, kind, 0);
        List<RawDescriptor> chain = new ArrayList<>(
                RawDescriptor.linked(List.of(maker.readableBuffer(Window.PLAIN), maker.writableBuffer(Window.PLAIN))));
        int last = maker.random.nextInt(2);
        chain.set(last, chain.get(last).to(~outside(maker, maker.size)));
        return maker.chain(chain, maker.empty(kind, Fault.NEXT_OUT_OF_RANGE));
    }

    static RawChain nextOutOfTable(ChainMaker maker, ChainKind kind) {
        buffers(maker, kind, 0);
        List<RawDescriptor> entries = new ArrayList<>(
                RawDescriptor.linked(List.of(maker.readableBuffer(Window.PLAIN), maker.writableBuffer(Window.PLAIN))));
        int last = maker.random.nextInt(2);
        entries.set(last, entries.get(last).to(~outside(maker, entries.size())));
        return maker.chain(List.of(maker.table(entries, Window.PLAIN)), maker.empty(kind, Fault.NEXT_OUT_OF_RANGE));
    }

    /** A number from a bound on: the bound itself, the largest, or any. */
    private static int outside(ChainMaker maker, int bound) {
        return switch (maker.random.nextInt(3)) {
            case 0 -> bound;
            case 1 -> 0xffff;
            default -> bound + maker.random.nextInt(0x10000 - bound);
        };
    }

    static RawChain tooLarge(ChainMaker maker, ChainKind kind) {
        buffers(maker, kind, 0);
        List<RawDescriptor> chain = new ArrayList<>(List.of(maker.readableBuffer(Window.PLAIN)));
        for (int i = 0; i < 2; i++) {
            chain.add(maker.buffer(Window.HOLES, maker.writeAt(), -1 - maker.random.nextInt(8), true));
        }
        return maker.lay(chain, maker.empty(kind, Fault.CHAIN_TOO_LARGE));
    }

    static RawChain tableNotNegotiated(ChainMaker maker, ChainKind kind) {
        List<RawDescriptor> entries = buffers(maker, kind, 0);
        RawDescriptor table = maker.table(maker.packed ? entries : RawDescriptor.linked(entries), Window.PLAIN);
        return maker.chain(List.of(table), maker.empty(kind, Fault.INDIRECT_NOT_NEGOTIATED));
    }

    static RawChain tableInTable(ChainMaker maker, ChainKind kind) {
        buffers(maker, kind, 0);
        List<RawDescriptor> entries = new ArrayList<>(List.of(maker.readableBuffer(Window.PLAIN)));
        entries.add(new RawDescriptor(
                maker.writableBuffer(Window.PLAIN).address(), DESC_BYTES, DESC_INDIRECT | maker.random.nextInt(4), 0));
        return maker.chain(
                List.of(maker.table(RawDescriptor.linked(entries), Window.PLAIN)),
                maker.empty(kind, Fault.INDIRECT_NESTED));
    }

    static RawChain tableWithNext(ChainMaker maker, ChainKind kind) {
        buffers(maker, kind, 0);
        RawDescriptor writable = maker.writableBuffer(Window.PLAIN);
        List<RawDescriptor> ring = new ArrayList<>();
        ring.add(maker.table(List.of(maker.readableBuffer(Window.PLAIN)), Window.PLAIN));
        ring.add(writable);
        if (maker.packed && maker.random.nextBoolean()) {
            ring = new ArrayList<>(List.of(maker.readableBuffer(Window.PLAIN)));
            ring.add(maker.table(List.of(writable), Window.PLAIN));
        }
        return maker.chain(RawDescriptor.linked(ring), maker.empty(kind, Fault.INDIRECT_WITH_NEXT));
    }

    static RawChain tableLength(ChainMaker maker, ChainKind kind) {
        List<RawDescriptor> entries = buffers(maker, kind, 0);
        RawDescriptor table = maker.table(maker.packed ? entries : RawDescriptor.linked(entries), Window.PLAIN);
        int length = switch (maker.random.nextInt(5)) {
            case 0 -> 0;
            case 1 -> 1 + maker.random.nextInt(DESC_BYTES - 1);
            case 2 -> table.length() + 1 + maker.random.nextInt(DESC_BYTES - 1);
            case 3 -> (maker.size + 1) * DESC_BYTES;
            default -> -DESC_BYTES;
        };
        return maker.chain(
                List.of(new RawDescriptor(table.address(), length, table.flags(), 0)),
                maker.empty(kind, Fault.INDIRECT_LENGTH));
    }

    static RawChain tableUnmapped(ChainMaker maker, ChainKind kind) {
        List<RawDescriptor> entries = buffers(maker, kind, 0);
        boolean partly = maker.random.nextBoolean();
        maker.tableBeforeBorder(partly ? DESC_BYTES * (1 + maker.random.nextInt(entries.size())) - 8 : 0);
        RawDescriptor table = maker.table(
                maker.packed ? entries : RawDescriptor.linked(entries),
                partly || maker.random.nextBoolean() ? Window.HOLES : Window.WRITE_ONLY);
        if (!partly && maker.random.nextBoolean()) {
            table = new RawDescriptor(-(long) DESC_BYTES, table.length(), table.flags(), 0);
        }
        List<RawDescriptor> ring = new ArrayList<>(List.of(table));
        if (!maker.packed && maker.random.nextBoolean()) {
            ring.addFirst(new RawDescriptor(0, 0, DESC_NEXT, 1));
        }
        return maker.chain(ring, maker.empty(kind, Fault.INDIRECT_UNMAPPED));
    }
}
