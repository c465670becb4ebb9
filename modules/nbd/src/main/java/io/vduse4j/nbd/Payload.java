package io.vduse4j.nbd;

import io.vduse4j.linux.MemoryBudget;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * One piece of {@link PayloadMemory}.
 *
 * @param own what it is from: it alone
 * @param memory at least as long as was asked
 */
record Payload(MemoryBudget own, MemorySegment memory) {

    /** Its first bytes as socket I/O wants them. */
    ByteBuffer buffer(int length) {
        return memory.asSlice(0, length).asByteBuffer();
    }
}
