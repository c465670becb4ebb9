package io.vduse4j.fuzz;

import io.vduse4j.virtio.RingAddresses;
import java.util.function.Supplier;

/** What the targets of split and packed queues have in common. */
final class WalkRun {

    /** Enough for each input that the fuzzer makes; a bound all the same. */
    private static final int MOST_STEPS = 2000;

    private static final int KINDS = 16;

    private WalkRun() {}

    /**
     * Reads the steps of driver and device and does them.
     *
     * @param elsewhere whether the input says where the rings are
     * @param rings where they are otherwise
     * @param script makes the driver's side once the rings are there
     */
    static void run(
            Input input, boolean elsewhere, RingAddresses rings, Touch touch, Walk walk, Supplier<Script> script) {
        long desc = elsewhere ? FuzzMemory.address(input) : rings.desc();
        long driver = elsewhere ? FuzzMemory.address(input) : rings.driver();
        long device = elsewhere ? FuzzMemory.address(input) : rings.device();
        if (!walk.attach(desc, driver, device)) {
            return;
        }
        Script driverSide = script.get();
        for (int step = 0; input.more() && step < MOST_STEPS; step++) {
            int kind = input.u8() % KINDS;
            switch (kind) {
                case 6, 7, 8, 9 -> {
                    int how = input.u8();
                    driverSide.offer(Buffer.some(input), (how & 1) != 0, kind != 9);
                }
                case 10, 11, 12, 13, 14 -> walk.step(kind - 10, touch, input);
                case 15 -> {
                    walk.detach();
                    if (!walk.attach(desc, driver, device)) {
                        throw new AssertionError("the rings are not there any more");
                    }
                }
                default -> driverSide.step(kind, input);
            }
        }
        walk.finish(touch, input);
    }
}
