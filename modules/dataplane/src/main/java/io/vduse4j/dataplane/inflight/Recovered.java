package io.vduse4j.dataplane.inflight;

import io.vduse4j.virtio.DescriptorList;

/**
 * A chain that a process took from a ring and did not give back.
 *
 * @param entry its entry in the log: on a split ring the index of its first descriptor
 * @param list its descriptors, if the ring is packed
 * @param counter how many chains were taken before it in this life of the ring
 * @param attempts how often a process has died while it did it again, 0 to {@link #MAX_ATTEMPTS}
 * @param waiting whether it had been held back until an earlier one that it overlaps was given back: it has had no effect
 */
public record Recovered(int entry, DescriptorList list, long counter, int attempts, boolean waiting) {

    /** What is counted; beyond it nothing is. */
    static final int MAX_ATTEMPTS = 0x7f;

    /** It has taken the process down this often, and is not tried again (CR-13). */
    public static final int POISON = 3;

    /** Whether it has taken the process down too often. */
    public boolean isPoison() {
        return attempts >= POISON;
    }
}
