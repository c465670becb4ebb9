package io.vduse4j.fuzz;

import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.Virtqueue;
import io.vduse4j.virtio.VirtqueueState;

/** The requests of a disk, over a split or a packed queue, against whatever a driver writes. */
public final class BlkRequestFuzz {

    private static final FuzzMemory MEMORY = FuzzMemory.byAddress();
    private static final int MOST_STEPS = 2000;
    private static final int MOST_SIZE = 16;
    private static final long FEATURES = VirtioFeatures.RING_INDIRECT_DESC;

    private BlkRequestFuzz() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        Input input = new Input(data);
        int shape = input.u8();
        boolean packed = (shape & 1) != 0;
        boolean writeThrough = (shape & 2) != 0;
        int size = packed ? 1 + input.below(MOST_SIZE) : 1 << input.below(5);
        int capacity = (shape & 4) != 0 ? Slots.MOST : Math.min(size, 4);
        // Private buffers are opened anew for each run, which takes longer than the run: not too often.
        int kind = (shape & 0xf0) == 0xf0 ? BlkRig.KINDS - 1 : (shape >> 4) % (BlkRig.KINDS - 1);
        MEMORY.reset();
        Slots slots = new Slots(size, capacity);
        VirtqueueState start = VirtqueueState.start(packed);
        PackedModel packedModel = new PackedModel(MEMORY, size, capacity, true, false, start.used());
        SplitModel splitModel = new SplitModel(MEMORY, size, capacity, true, false, 0);
        long features = packed ? FEATURES | VirtioFeatures.RING_PACKED : FEATURES;
        Virtqueue queue = Virtqueue.of(0, size, features, start, MEMORY, slots, slots.chains);
        Walk walk = new Walk(MEMORY, queue, packed ? packedModel : splitModel, slots);
        RingAddresses rings = RingAddresses.contiguous(packed, size, 4, 0, FuzzMemory.RINGS);
        Slots.require(walk.attach(rings.desc(), rings.driver(), rings.device()), "the rings are not there");
        Script script;
        if (packed) {
            PackedScript of = new PackedScript(MEMORY, packedModel, size);
            of.start();
            script = of;
        } else {
            SplitScript of = new SplitScript(MEMORY, splitModel, size);
            of.start();
            script = of;
        }
        BlkRig rig = new BlkRig(MEMORY, walk, kind, writeThrough, slots.end());
        run(input, script, new BlkScript(MEMORY), rig);
    }

    private static void run(Input input, Script script, BlkScript requests, BlkRig rig) {
        for (int step = 0; input.more() && step < MOST_STEPS; step++) {
            int kind = input.u8() % 16;
            switch (kind) {
                case 0, 1, 2, 3, 4, 5 -> script.step(kind, input);
                case 6 -> script.offer(Buffer.some(input), input.flag(), true);
                case 7 -> rig.flush();
                case 8 -> {
                    int mood = input.u8();
                    rig.mood((mood & 1) != 0, mood >> 6);
                }
                case 9, 10 -> rig.serve();
                default -> script.offer(requests.request(input), (kind & 1) != 0, true);
            }
        }
        rig.finish();
    }
}
