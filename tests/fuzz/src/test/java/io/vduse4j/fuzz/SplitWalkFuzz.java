package io.vduse4j.fuzz;

import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.Virtqueue;
import io.vduse4j.virtio.VirtqueueState;

/** The device's side of a split queue against whatever a driver writes. */
public final class SplitWalkFuzz {

    private static final FuzzMemory MEMORY = FuzzMemory.bounded();
    private static final Touch TOUCH = new Touch(MEMORY);

    private SplitWalkFuzz() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        Input input = new Input(data);
        int shape = input.u8();
        int size = 1 << (shape & 7) % 7;
        boolean indirect = (shape & 8) != 0;
        boolean eventIdx = (shape & 16) != 0;
        int capacity = (shape & 32) != 0 ? Slots.MOST : Math.min(size, 4);
        int start = input.u16();
        boolean fromUsed = (shape & 64) != 0;
        MEMORY.reset();
        Slots slots = new Slots(size, capacity);
        SplitModel model = new SplitModel(MEMORY, size, capacity, indirect, eventIdx, fromUsed ? -1 : start);
        Virtqueue queue = Virtqueue.of(
                0,
                size,
                (indirect ? VirtioFeatures.RING_INDIRECT_DESC : 0) | (eventIdx ? VirtioFeatures.RING_EVENT_IDX : 0),
                fromUsed ? VirtqueueState.FROM_USED : VirtqueueState.split(start),
                MEMORY,
                slots,
                slots.chains);
        RingAddresses rings = RingAddresses.contiguous(size, 4, 0, FuzzMemory.RINGS);
        MEMORY.put16((int) rings.deviceHost() + 2, start);
        WalkRun.run(input, (shape & 128) != 0, rings, TOUCH, new Walk(MEMORY, queue, model, slots), () -> {
            SplitScript script = new SplitScript(MEMORY, model, size);
            script.start();
            return script;
        });
    }
}
