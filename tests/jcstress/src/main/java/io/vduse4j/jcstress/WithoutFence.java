package io.vduse4j.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The same stores and loads as in {@link Kicks.SplitFlags} without the full fences: here the lost chain has to be seen, or
 * the other tests prove nothing.
 */
@JCStressTest
@Outcome(id = "false, false", expect = ACCEPTABLE_INTERESTING, desc = "Lost: this is what the fences are for.")
@Outcome(id = "true, false", expect = ACCEPTABLE, desc = "A kick wakes the device.")
@Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The device sees the chain.")
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both.")
@State
public class WithoutFence {

    private static final VarHandle U16 = ValueLayout.JAVA_SHORT.varHandle();
    private static final Queue<MemorySegment> POOL = new ConcurrentLinkedQueue<>();
    private static final long INDEX = 2;
    private static final long FLAGS = 64;
    private static final int BYTES = 128;

    private final MemorySegment rings;

    /** Nothing is shown, and no kick is wanted. */
    public WithoutFence() {
        MemorySegment used = POOL.poll();
        rings = used == null ? Arena.global().allocate(BYTES, BYTES) : used;
        rings.set(ValueLayout.JAVA_SHORT, INDEX, (short) 0);
        rings.set(ValueLayout.JAVA_SHORT, FLAGS, (short) 1);
    }

    /** Shows a chain: is there a kick? */
    @Actor
    public void driver(ZZ_Result result) {
        VarHandle.releaseFence();
        rings.set(ValueLayout.JAVA_SHORT, INDEX, (short) 1);
        result.r1 = rings.get(ValueLayout.JAVA_SHORT, FLAGS) == 0;
    }

    /** Goes to sleep: is there a chain? */
    @Actor
    public void device(ZZ_Result result) {
        rings.set(ValueLayout.JAVA_SHORT, FLAGS, (short) 0);
        result.r2 = (short) U16.getAcquire(rings, INDEX) != 0;
    }

    /** For the next run. */
    @Arbiter
    public void reset(ZZ_Result result) {
        POOL.add(rings);
    }
}
