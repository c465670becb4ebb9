package io.vduse4j.testkit.hostile;

import static io.vduse4j.virtio.SplitRing.DESC_NEXT;

import io.vduse4j.testkit.hostile.SlotMemory.Window;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.blk.BlkRequest;
import java.util.ArrayList;
import java.util.List;

/** Requests that are right, in any framing. */
final class GoodChains {

    private static final int MOST_SECTORS = 4;
    private static final int MOST_SEGMENTS = 3;

    private GoodChains() {}

    static RawChain read(ChainMaker maker, ChainKind kind) {
        Expected expected = readRequest(maker, kind);
        return maker.lay(maker.cut(0), expected);
    }

    /** The bytes of a read; the slot has them then. */
    static Expected readRequest(ChainMaker maker, ChainKind kind) {
        int count = 1 + maker.random.nextInt(MOST_SECTORS);
        long sector = maker.sector(count);
        maker.header(BlkRequest.IN, sector);
        maker.writable(count * BlkRequest.SECTOR_BYTES + 1);
        return maker.read(kind, sector, count);
    }

    static RawChain write(ChainMaker maker, ChainKind kind) {
        int count = 1 + maker.random.nextInt(MOST_SECTORS);
        long sector = maker.sector(count);
        long seed = maker.random.nextLong() >>> 2 | 1;
        maker.header(BlkRequest.OUT, sector);
        maker.sectors(count, seed);
        maker.writable(1);
        return maker.lay(maker.cut(0), maker.done(kind, 0, () -> maker.disk.set(sector, count, seed)));
    }

    static RawChain flush(ChainMaker maker, ChainKind kind) {
        maker.header(BlkRequest.FLUSH, maker.random.nextLong());
        maker.writable(1);
        return maker.lay(maker.cut(0), maker.done(kind, 0, () -> {}));
    }

    static RawChain id(ChainMaker maker, ChainKind kind) {
        maker.header(BlkRequest.GET_ID, maker.random.nextLong());
        maker.writable(BlkRequest.ID_BYTES + 1);
        return maker.lay(maker.cut(0), maker.done(kind, BlkRequest.ID_BYTES, () -> {}));
    }

    static RawChain discard(ChainMaker maker, ChainKind kind) {
        List<Runnable> steps = new ArrayList<>();
        maker.header(BlkRequest.DISCARD, maker.random.nextLong());
        for (int i = maker.random.nextInt(MOST_SEGMENTS); i >= 0; i--) {
            int count = maker.random.nextInt(DiskModel.SECTORS + 1);
            long sector = maker.sector(count);
            maker.segment(sector, count, 0);
            steps.add(() -> maker.disk.discard(sector, count));
        }
        maker.writable(1);
        return maker.lay(maker.cut(0), maker.done(kind, 0, () -> steps.forEach(Runnable::run)));
    }

    static RawChain writeZeroes(ChainMaker maker, ChainKind kind) {
        List<Runnable> steps = new ArrayList<>();
        maker.header(BlkRequest.WRITE_ZEROES, maker.random.nextLong());
        for (int i = maker.random.nextInt(MOST_SEGMENTS); i >= 0; i--) {
            int count = maker.random.nextInt(DiskModel.SECTORS + 1);
            long sector = maker.sector(count);
            maker.segment(sector, count, maker.random.nextInt(2));
            steps.add(() -> maker.disk.set(sector, count, 0));
        }
        maker.writable(1);
        return maker.lay(maker.cut(0), maker.done(kind, 0, () -> steps.forEach(Runnable::run)));
    }

    static RawChain noData(ChainMaker maker, ChainKind kind) {
        maker.header(maker.random.nextInt(2), maker.sector(1));
        maker.writable(1);
        return maker.lay(maker.cut(0), maker.done(kind, 0, () -> {}));
    }

    static RawChain emptyBuffers(ChainMaker maker, ChainKind kind) {
        Expected expected = readRequest(maker, kind);
        List<RawDescriptor> buffers = maker.cut(2);
        int firstWritable = 0;
        while ((buffers.get(firstWritable).flags() & SplitRing.DESC_WRITE) == 0) {
            firstWritable++;
        }
        long nowhere = SlotMemory.address(Window.NOTHING, 0, maker.random.nextInt());
        boolean last = maker.random.nextBoolean();
        buffers.add(
                last ? buffers.size() : firstWritable,
                new RawDescriptor(nowhere, 0, last ? SplitRing.DESC_WRITE : 0, 0));
        buffers.add(firstWritable, new RawDescriptor(-1L - maker.random.nextInt(2), 0, 0, 0));
        return maker.lay(buffers, expected);
    }

    static RawChain junkInTable(ChainMaker maker, ChainKind kind) {
        Expected expected = readRequest(maker, kind);
        List<RawDescriptor> entries = maker.cut(0).stream()
                .map(entry -> new RawDescriptor(
                        entry.address(),
                        entry.length(),
                        entry.flags() | (maker.random.nextInt(1 << 16) & ~SplitRing.DESC_WRITE),
                        maker.random.nextInt(1 << 16)))
                .toList();
        return maker.chain(List.of(maker.table(entries, Window.PLAIN)), expected);
    }

    static RawChain staleList(ChainMaker maker, ChainKind kind) {
        Expected expected = readRequest(maker, kind);
        List<RawDescriptor> buffers =
                new ArrayList<>(List.of(maker.readableBuffer(Window.PLAIN), maker.writableBuffer(Window.PLAIN)));
        buffers.set(0, buffers.get(0).with(DESC_NEXT));
        return new RawChain(buffers, maker.id(), true, expected);
    }
}
