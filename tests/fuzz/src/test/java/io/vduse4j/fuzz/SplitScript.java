package io.vduse4j.fuzz;

import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;

import java.util.List;

/** The driver's side of a split queue. */
final class SplitScript implements Script {

    private static final int INDEX = 2;
    private static final int RING = 4;

    private final FuzzMemory memory;
    private final SplitModel model;
    private final int size;
    private int cursor;

    SplitScript(FuzzMemory memory, SplitModel model, int size) {
        this.memory = memory;
        this.model = model;
        this.size = size;
    }

    /** Begins where the device begins. */
    void start() {
        memory.put16(model.avail() + INDEX, model.nextAvail());
    }

    @Override
    public void step(int kind, Input input) {
        switch (kind) {
            case 0 -> descriptor(input.below(size), Buffer.from(input), next(input));
            case 1 -> {
                int entry = input.below(TABLE_ENTRIES);
                Buffer buffer = Buffer.from(input);
                Script.entry(memory, entry, buffer, buffer.flags(), next(input));
            }
            case 2 -> head(next(input));
            case 3 -> memory.put16(model.avail() + INDEX, input.u16());
            case 4 -> {
                memory.put16(model.avail(), input.u8());
                int event = input.u8();
                boolean near = event < 0xf0;
                memory.put16(
                        model.avail() + RING + 2 * size, near ? model.state().used() + event - 4 : input.u16());
            }
            default -> Script.poke(memory, input);
        }
    }

    private static final int TABLE_ENTRIES = FuzzMemory.TABLE_ENTRIES;

    /** An index of a descriptor, in most cases a good one. */
    private int next(Input input) {
        int next = input.u8();
        return next < 0xf0 ? next % size : next << 4;
    }

    private void descriptor(int index, Buffer buffer, int next) {
        int at = model.desc() + 16 * index;
        memory.put64(at, buffer.address());
        memory.put32(at + 8, buffer.length());
        memory.put16(at + 12, buffer.flags());
        memory.put16(at + 14, next);
    }

    private void head(int head) {
        int index = memory.get16(model.avail() + INDEX);
        memory.put16(model.avail() + RING + 2 * (index % size), head);
        memory.put16(model.avail() + INDEX, index + 1);
    }

    @Override
    public void offer(List<Buffer> buffers, boolean table, boolean polite) {
        int head = cursor % size;
        if (polite && model.isInFlight(head)) {
            return;
        }
        int count = buffers.size();
        for (int i = 0; i < count; i++) {
            Buffer buffer = buffers.get(i);
            int flags = (buffer.flags() & ~DESC_NEXT) | (i + 1 < count ? DESC_NEXT : 0);
            if (table) {
                Script.entry(memory, (cursor + i) % TABLE_ENTRIES, buffer, flags, i + 1);
            } else {
                int next = (head + i + 1) % size;
                descriptor((head + i) % size, new Buffer(buffer.address(), buffer.length(), flags), next);
            }
        }
        if (table) {
            long at = FuzzMemory.TABLES + 16L * (cursor % TABLE_ENTRIES);
            descriptor(head, new Buffer(at, 16L * count, DESC_INDIRECT), 0);
        }
        cursor += count;
        head(head);
    }
}
