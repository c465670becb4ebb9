package io.vduse4j.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** The driver shows a chain and reads whether a kick is wanted; the device says so and looks again (VS-20, VP-15). */
public final class Kicks {

    private Kicks() {}

    /** What may come of it. */
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "No kick, and the device sleeps: a chain is lost.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "A kick wakes the device.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The device sees the chain.")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both.")
    public static class Outcomes {}

    /** A split queue whose sides say by a flag what they want. */
    @JCStressTest
    @JCStressMeta(Outcomes.class)
    @State
    public static class SplitFlags {
        private final Rig rig = Rig.atKicks(Rig.Format.SPLIT_FLAGS);

        /** Shows a chain: is there a kick? */
        @Actor
        public void driver(ZZ_Result result) {
            result.r1 = rig.show();
        }

        /** Goes to sleep: is there a chain? */
        @Actor
        public void device(ZZ_Result result) {
            result.r2 = rig.enableKicks();
        }

        /** For the next run. */
        @Arbiter
        public void reset(ZZ_Result result) {
            rig.resetKicks();
        }
    }

    /** A split queue with EVENT_IDX. */
    @JCStressTest
    @JCStressMeta(Outcomes.class)
    @State
    public static class SplitEvents {
        private final Rig rig = Rig.atKicks(Rig.Format.SPLIT_EVENTS);

        /** Shows a chain: is there a kick? */
        @Actor
        public void driver(ZZ_Result result) {
            result.r1 = rig.show();
        }

        /** Goes to sleep: is there a chain? */
        @Actor
        public void device(ZZ_Result result) {
            result.r2 = rig.enableKicks();
        }

        /** For the next run. */
        @Arbiter
        public void reset(ZZ_Result result) {
            rig.resetKicks();
        }
    }

    /** A packed queue whose sides say by a flag what they want. */
    @JCStressTest
    @JCStressMeta(Outcomes.class)
    @State
    public static class PackedFlags {
        private final Rig rig = Rig.atKicks(Rig.Format.PACKED_FLAGS);

        /** Shows a chain: is there a kick? */
        @Actor
        public void driver(ZZ_Result result) {
            result.r1 = rig.show();
        }

        /** Goes to sleep: is there a chain? */
        @Actor
        public void device(ZZ_Result result) {
            result.r2 = rig.enableKicks();
        }

        /** For the next run. */
        @Arbiter
        public void reset(ZZ_Result result) {
            rig.resetKicks();
        }
    }

    /** A packed queue with EVENT_IDX. */
    @JCStressTest
    @JCStressMeta(Outcomes.class)
    @State
    public static class PackedEvents {
        private final Rig rig = Rig.atKicks(Rig.Format.PACKED_EVENTS);

        /** Shows a chain: is there a kick? */
        @Actor
        public void driver(ZZ_Result result) {
            result.r1 = rig.show();
        }

        /** Goes to sleep: is there a chain? */
        @Actor
        public void device(ZZ_Result result) {
            result.r2 = rig.enableKicks();
        }

        /** For the next run. */
        @Arbiter
        public void reset(ZZ_Result result) {
            rig.resetKicks();
        }
    }
}
