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

/** The device gives a chain back and reads whether an interrupt is wanted; the driver says so and looks again. */
public final class Interrupts {

    private Interrupts() {}

    /** What may come of it. */
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "No interrupt, and the driver sleeps: a chain is lost.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "An interrupt wakes the driver.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The driver sees the chain.")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both.")
    public static class Outcomes {}

    /** A split queue whose sides say by a flag what they want. */
    @JCStressTest
    @JCStressMeta(Outcomes.class)
    @State
    public static class SplitFlags {
        private final Rig rig = Rig.atInterrupts(Rig.Format.SPLIT_FLAGS);

        /** Gives a chain back: is there an interrupt? */
        @Actor
        public void device(ZZ_Result result) {
            result.r1 = rig.giveBack();
        }

        /** Goes to sleep: is the chain back? */
        @Actor
        public void driver(ZZ_Result result) {
            result.r2 = rig.enableInterrupts();
        }

        /** For the next run. */
        @Arbiter
        public void reset(ZZ_Result result) {
            rig.resetInterrupts();
        }
    }

    /** A split queue with EVENT_IDX. */
    @JCStressTest
    @JCStressMeta(Outcomes.class)
    @State
    public static class SplitEvents {
        private final Rig rig = Rig.atInterrupts(Rig.Format.SPLIT_EVENTS);

        /** Gives a chain back: is there an interrupt? */
        @Actor
        public void device(ZZ_Result result) {
            result.r1 = rig.giveBack();
        }

        /** Goes to sleep: is the chain back? */
        @Actor
        public void driver(ZZ_Result result) {
            result.r2 = rig.enableInterrupts();
        }

        /** For the next run. */
        @Arbiter
        public void reset(ZZ_Result result) {
            rig.resetInterrupts();
        }
    }

    /** A packed queue whose sides say by a flag what they want. */
    @JCStressTest
    @JCStressMeta(Outcomes.class)
    @State
    public static class PackedFlags {
        private final Rig rig = Rig.atInterrupts(Rig.Format.PACKED_FLAGS);

        /** Gives a chain back: is there an interrupt? */
        @Actor
        public void device(ZZ_Result result) {
            result.r1 = rig.giveBack();
        }

        /** Goes to sleep: is the chain back? */
        @Actor
        public void driver(ZZ_Result result) {
            result.r2 = rig.enableInterrupts();
        }

        /** For the next run. */
        @Arbiter
        public void reset(ZZ_Result result) {
            rig.resetInterrupts();
        }
    }

    /** A packed queue with EVENT_IDX. */
    @JCStressTest
    @JCStressMeta(Outcomes.class)
    @State
    public static class PackedEvents {
        private final Rig rig = Rig.atInterrupts(Rig.Format.PACKED_EVENTS);

        /** Gives a chain back: is there an interrupt? */
        @Actor
        public void device(ZZ_Result result) {
            result.r1 = rig.giveBack();
        }

        /** Goes to sleep: is the chain back? */
        @Actor
        public void driver(ZZ_Result result) {
            result.r2 = rig.enableInterrupts();
        }

        /** For the next run. */
        @Arbiter
        public void reset(ZZ_Result result) {
            rig.resetInterrupts();
        }
    }
}
