package io.vduse4j.testkit.hostile;

import io.vduse4j.testkit.hostile.SlotMemory.Window;
import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.blk.BlkRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Chains with a buffer that the device cannot use: the request fails with IOERR if its status can be reached, and is given
 * back empty if not.
 */
final class BadBuffers {

    private static final int NEARLY_ALL = -4096;

    private BadBuffers() {}

    private static RawChain failed(ChainMaker maker, ChainKind kind, Fault fault, RawDescriptor... buffers) {
        return maker.lay(new ArrayList<>(List.of(buffers)), maker.failed(kind, fault));
    }

    /** A buffer that is nowhere, near something or at the end of the address space. */
    private static RawDescriptor nowhere(ChainMaker maker, int length, int flags) {
        long address = switch (maker.random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> -(long) length;
            case 2 -> SlotMemory.address(Window.HOLES, maker.slot(), SlotMemory.PART / 2);
            default -> SlotMemory.address(Window.NOTHING, maker.slot(), maker.random.nextInt(SlotMemory.BYTES));
        };
        return new RawDescriptor(address, length, flags, 0);
    }

    static RawChain headerUnmapped(ChainMaker maker, ChainKind kind) {
        GoodChains.readRequest(maker, kind);
        return failed(
                maker,
                kind,
                Fault.BUFFER_UNMAPPED,
                nowhere(maker, BlkRequest.HEADER_BYTES, 0),
                maker.writableBuffer(Window.BORDERS));
    }

    static RawChain headerPartlyMapped(ChainMaker maker, ChainKind kind) {
        maker.endReadableBehindBorder(BlkRequest.HEADER_BYTES, 1 + maker.random.nextInt(BlkRequest.HEADER_BYTES - 1));
        GoodChains.readRequest(maker, kind);
        return failed(
                maker,
                kind,
                Fault.BUFFER_UNMAPPED,
                maker.readableBuffer(Window.HOLES),
                maker.writableBuffer(Window.WRITE_ONLY));
    }

    static RawChain headerNotReadable(ChainMaker maker, ChainKind kind) {
        GoodChains.readRequest(maker, kind);
        return failed(
                maker,
                kind,
                Fault.BUFFER_NOT_GRANTED,
                maker.readableBuffer(Window.WRITE_ONLY),
                maker.writableBuffer(Window.PLAIN));
    }

    /** The status alone, as the last of the writable bytes that were asked for. */
    private static RawDescriptor status(ChainMaker maker) {
        return maker.buffer(Window.BORDERS, maker.writeAt() + maker.writeLength() - 1, 1, true);
    }

    static RawChain dataUnmapped(ChainMaker maker, ChainKind kind) {
        GoodChains.readRequest(maker, kind);
        return failed(
                maker,
                kind,
                Fault.BUFFER_UNMAPPED,
                maker.readableBuffer(Window.READ_ONLY),
                nowhere(maker, maker.writeLength() - 1, SplitRing.DESC_WRITE),
                status(maker));
    }

    static RawChain dataPartlyMapped(ChainMaker maker, ChainKind kind) {
        GoodChains.readRequest(maker, kind);
        int data = maker.writeLength() - 1;
        maker.endWritableBehindBorder(data, 1 + maker.random.nextInt(data - 1));
        return failed(
                maker,
                kind,
                Fault.BUFFER_UNMAPPED,
                maker.readableBuffer(Window.PLAIN),
                maker.buffer(Window.HOLES, maker.writeAt(), data, true),
                status(maker));
    }

    static RawChain dataNotWritable(ChainMaker maker, ChainKind kind) {
        GoodChains.readRequest(maker, kind);
        return failed(
                maker,
                kind,
                Fault.BUFFER_NOT_GRANTED,
                maker.readableBuffer(Window.PLAIN),
                maker.buffer(Window.READ_ONLY, maker.writeAt(), maker.writeLength() - 1, true),
                status(maker));
    }

    static RawChain dataWraps(ChainMaker maker, ChainKind kind) {
        GoodChains.readRequest(maker, kind);
        int before = 1 + maker.random.nextInt(64);
        return failed(
                maker,
                kind,
                Fault.BUFFER_UNMAPPED,
                maker.readableBuffer(Window.PLAIN),
                new RawDescriptor(-before, before + 1 + maker.random.nextInt(512), SplitRing.DESC_WRITE, 0),
                status(maker));
    }

    static RawChain dataHuge(ChainMaker maker, ChainKind kind) {
        GoodChains.readRequest(maker, kind);
        int data = maker.writeLength() - 1;
        maker.endWritableBehindBorder(data, 1 + maker.random.nextInt(data - 1));
        return failed(
                maker,
                kind,
                Fault.BUFFER_UNMAPPED,
                maker.readableBuffer(Window.PLAIN),
                maker.buffer(Window.HOLES, maker.writeAt(), NEARLY_ALL, true),
                status(maker));
    }

    static RawChain onlyStatusMapped(ChainMaker maker, ChainKind kind) {
        GoodChains.readRequest(maker, kind);
        // Begins in the hole at the end of the first part and ends in the page behind it.
        int behind = 1 + maker.random.nextInt(maker.writeLength() - 1);
        RawDescriptor all = maker.buffer(
                Window.HOLES, SlotMemory.WRITABLE - maker.writeLength() + behind, maker.writeLength(), true);
        Expected expected = Expected.failed(
                kind,
                maker.slot(),
                Optional.of(Fault.BUFFER_UNMAPPED),
                BlkRequest.S_IOERR,
                SlotMemory.WRITABLE,
                behind);
        return maker.lay(new ArrayList<>(List.of(maker.readableBuffer(Window.PLAIN), all)), expected);
    }

    static RawChain statusUnmapped(ChainMaker maker, ChainKind kind) {
        GoodChains.readRequest(maker, kind);
        List<RawDescriptor> buffers = new ArrayList<>(List.of(
                maker.readableBuffer(Window.PLAIN),
                maker.buffer(Window.PLAIN, maker.writeAt(), maker.writeLength() - 1, true),
                nowhere(maker, 1, SplitRing.DESC_WRITE)));
        return maker.lay(buffers, maker.empty(kind, Fault.BUFFER_UNMAPPED));
    }

    static RawChain statusNotWritable(ChainMaker maker, ChainKind kind) {
        GoodChains.readRequest(maker, kind);
        List<RawDescriptor> buffers = new ArrayList<>(List.of(
                maker.readableBuffer(Window.PLAIN),
                maker.buffer(Window.BORDERS, maker.writeAt(), maker.writeLength() - 1, true),
                maker.buffer(Window.READ_ONLY, maker.writeAt() + maker.writeLength() - 1, 1, true)));
        return maker.lay(buffers, maker.empty(kind, Fault.BUFFER_NOT_GRANTED));
    }

    static RawChain tooFragmented(ChainMaker maker, ChainKind kind) {
        maker.header(BlkRequest.OUT, maker.sector(1));
        maker.writable(1);
        int bytes = SlotMemory.CROWD_REGIONS * SlotMemory.PART / 2;
        return failed(
                maker,
                kind,
                Fault.TOO_FRAGMENTED,
                maker.readableBuffer(Window.PLAIN),
                new RawDescriptor(SlotMemory.CROWD, bytes, 0, 0),
                maker.writableBuffer(Window.PLAIN));
    }
}
