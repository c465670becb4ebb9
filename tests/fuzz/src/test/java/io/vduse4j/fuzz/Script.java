package io.vduse4j.fuzz;

import java.util.List;

/** The driver's side of a queue, which writes what the input says. */
interface Script {

    /** Kinds of {@link #step}. */
    int STEPS = 6;

    /** Writes something into the rings, the tables or anywhere. */
    void step(int kind, Input input);

    /**
     * Makes a chain available.
     *
     * @param buffers its buffers, with the flags that their descriptors get, NEXT apart
     * @param table whether they stand in an indirect table
     * @param polite whether nothing is done when the device still has these descriptors
     */
    void offer(List<Buffer> buffers, boolean table, boolean polite);

    /** Changes a byte anywhere. */
    static void poke(FuzzMemory memory, Input input) {
        memory.put8(input.u16() % FuzzMemory.BYTES, input.u8());
    }

    /** Writes an entry of the tables; those of split and packed queues differ in their last four bytes. */
    static void entry(FuzzMemory memory, int entry, Buffer buffer, int first, int second) {
        int at = 16 * entry;
        memory.put64(FuzzMemory.table(at), buffer.address());
        memory.put32(FuzzMemory.table(at + 8), buffer.length());
        memory.put16(FuzzMemory.table(at + 12), first);
        memory.put16(FuzzMemory.table(at + 14), second);
    }
}
