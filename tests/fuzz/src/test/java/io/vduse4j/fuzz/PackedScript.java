package io.vduse4j.fuzz;

import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;

import io.vduse4j.virtio.PackedRing;
import io.vduse4j.virtio.VirtqueueState;
import java.util.List;

/** The driver's side of a packed queue. */
final class PackedScript implements Script {

    private static final int TABLE_ENTRIES = FuzzMemory.TABLE_ENTRIES;

    private final FuzzMemory memory;
    private final PackedModel model;
    private final int size;
    private long next;
    private int table;

    PackedScript(FuzzMemory memory, PackedModel model, int size) {
        this.memory = memory;
        this.model = model;
        this.size = size;
        next = model.nextAvail();
    }

    /** All descriptors are as if they were used in the lap before. */
    void start() {
        for (long position = next; position < next + size; position++) {
            memory.put16(model.place(position) + PackedRing.DESC_FLAGS, used(position - size));
        }
    }

    private int used(long position) {
        return model.wrap(position + 2L * size) ? PackedRing.AVAIL | PackedRing.USED : 0;
    }

    private int available(long position) {
        return model.wrap(position) ? PackedRing.AVAIL : PackedRing.USED;
    }

    @Override
    public void step(int kind, Input input) {
        switch (kind) {
            case 0 -> {
                Buffer buffer = Buffer.from(input);
                place(next++, buffer, input.u8(), buffer.flags() | available(next - 1));
            }
            case 1 -> {
                int entry = input.below(TABLE_ENTRIES);
                Buffer buffer = Buffer.from(input);
                Script.entry(memory, entry, buffer, input.u8(), buffer.flags());
            }
            case 2 -> place(model.nextAvail() + input.u8(), Buffer.from(input), input.u8(), input.u16());
            case 3 -> next = model.nextAvail() + input.below(2 * size);
            case 4 -> {
                memory.put16(model.driverEvent() + 2, input.below(4));
                int event = input.u8();
                int near = (model.state().used() + event - 4) & 0xffff;
                memory.put16(model.driverEvent(), event < 0xf0 ? (near % size) | lap(input) : input.u16());
            }
            default -> Script.poke(memory, input);
        }
    }

    private static int lap(Input input) {
        return input.flag() ? VirtqueueState.WRAP : 0;
    }

    private void place(long position, Buffer buffer, int id, int flags) {
        int at = model.place(position);
        memory.put64(at, buffer.address());
        memory.put32(at + PackedRing.DESC_LENGTH, buffer.length());
        memory.put16(at + PackedRing.DESC_ID, id);
        memory.put16(at + PackedRing.DESC_FLAGS, flags);
    }

    @Override
    public void offer(List<Buffer> buffers, boolean inTable, boolean polite) {
        int count = buffers.size();
        int taken = inTable ? 1 : count;
        if (polite && next + taken - model.nextAvail() + model.held() > size) {
            return;
        }
        int id = (int) (next * 5) & 0xffff;
        for (int i = 0; i < count; i++) {
            Buffer buffer = buffers.get(i);
            if (inTable) {
                Script.entry(memory, (table + i) % TABLE_ENTRIES, buffer, id, buffer.flags());
            } else {
                int goesOn = i + 1 < count ? DESC_NEXT : 0;
                place(next + i, buffer, id, (buffer.flags() & 0x7e) | goesOn | available(next + i));
            }
        }
        if (inTable) {
            long at = FuzzMemory.TABLES + 16L * (table % TABLE_ENTRIES);
            place(next, new Buffer(at, 16L * count, 0), id, DESC_INDIRECT | available(next));
            table += count;
        }
        next += taken;
    }
}
