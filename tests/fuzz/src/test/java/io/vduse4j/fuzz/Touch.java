package io.vduse4j.fuzz;

import static io.vduse4j.fuzz.Slots.require;

import io.vduse4j.virtio.Chain;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What a device does with a chain: reads some of it, writes some of it, and says how much it wrote. */
final class Touch {

    private static final int MOST = 4096;

    private final FuzzMemory memory;
    private final MemorySegment scratch = Arena.global().allocate(MOST);
    private final MemorySegment wanted = Arena.global().allocate(MOST);

    Touch(FuzzMemory memory) {
        this.memory = memory;
    }

    /** Returns the used length. */
    long touch(Chain chain, ModelChain model, Input input) {
        if (!model.isForHandler()) {
            return 0;
        }
        int how = input.u8();
        read(chain, model, input);
        if (model.fault() != null || (how & 1) != 0) {
            zero(chain, model);
        }
        long written = model.fault() == null ? write(chain, model, how, input) : 0;
        if (model.last() >= 0 && (how & 4) != 0) {
            chain.writeLast((byte) how);
            memory.expect8(model.last(), how);
        }
        return written;
    }

    /** In two steps, so that one of them ends in the middle of a piece. */
    private void read(Chain chain, ModelChain model, Input input) {
        long left = model.readableBytes();
        long done = 0;
        for (int i = 0; i < 2; i++) {
            int n = (int) Math.min(Math.min(input.length(), MOST), left);
            if (model.fault() == null) {
                chain.consume(scratch, n);
                model.read(done, wanted.asSlice(0, n));
                require(scratch.asSlice(0, n).mismatch(wanted.asSlice(0, n)) < 0, "other bytes are read");
            }
            done += model.fault() == null ? n : 0;
            left = model.readableBytes() - done;
            require(chain.readableBytes() == left, "bytes left to read");
        }
        try {
            chain.consume(scratch, left + 1);
            throw new AssertionError("more is read than there is");
        } catch (IndexOutOfBoundsException documented) {
            require(chain.readableBytes() == left, "bytes left to read after one too many was asked for");
        }
    }

    private static void zero(Chain chain, ModelChain model) {
        chain.zeroWritable();
        model.zero();
    }

    private long write(Chain chain, ModelChain model, int how, Input input) {
        long room = model.writableBytes();
        if ((how & 2) != 0 && room > 0) {
            chain.setLastAside();
            room--;
        }
        require(chain.writableBytes() == room, "bytes to write");
        int n = (int) Math.min(Math.min(input.length(), MOST), room);
        MemorySegment data = scratch.asSlice(0, n).fill((byte) (how ^ n));
        chain.fill(data);
        model.write(data);
        return n;
    }
}
