package io.vduse4j.fuzz;

import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.Virtqueue;
import io.vduse4j.virtio.VirtqueueState;

/** The device's side of a packed queue against whatever a driver writes. */
public final class PackedWalkFuzz {

    private static final FuzzMemory MEMORY = FuzzMemory.bounded();
    private static final Touch TOUCH = new Touch(MEMORY);

    private PackedWalkFuzz() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        Input input = new Input(data);
        int shape = input.u8();
        int size = 1 + input.below(64);
        boolean indirect = (shape & 8) != 0;
        boolean eventIdx = (shape & 16) != 0;
        int capacity = (shape & 32) != 0 ? Slots.MOST : Math.min(size, 4);
        int position = (shape & 64) != 0 ? input.u8() : 0;
        int start = position | ((shape & 1) != 0 ? 0 : VirtqueueState.WRAP);
        MEMORY.reset();
        Slots slots = new Slots(size, capacity);
        PackedModel model = new PackedModel(MEMORY, size, capacity, indirect, eventIdx, start);
        Virtqueue queue = Virtqueue.of(
                0,
                size,
                VirtioFeatures.RING_PACKED
                        | (indirect ? VirtioFeatures.RING_INDIRECT_DESC : 0)
                        | (eventIdx ? VirtioFeatures.RING_EVENT_IDX : 0),
                new VirtqueueState(start, start),
                MEMORY,
                slots,
                slots.chains);
        RingAddresses rings = RingAddresses.contiguous(true, size, 4, 0, FuzzMemory.RINGS);
        WalkRun.run(input, (shape & 128) != 0, rings, TOUCH, new Walk(MEMORY, queue, model, slots), () -> {
            PackedScript script = new PackedScript(MEMORY, model, size);
            script.start();
            return script;
        });
    }
}
