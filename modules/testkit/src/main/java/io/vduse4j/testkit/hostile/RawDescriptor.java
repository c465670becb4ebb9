package io.vduse4j.testkit.hostile;

import io.vduse4j.virtio.SplitRing;
import java.util.ArrayList;
import java.util.List;

/**
 * A descriptor as its bytes, of either format, whatever they say.
 *
 * @param address device address
 * @param length bytes, as the 32 bits of the field
 * @param flags NEXT, WRITE and INDIRECT as they are to stand in memory; a packed ring adds AVAIL and USED
 * @param next where a split chain goes on: from 0 on a place in the same chain, below 0 the complement of a number that is
 *     written as it is. Packed rings have no such field
 */
public record RawDescriptor(long address, int length, int flags, int next) {

    /** The same with more flags. */
    public RawDescriptor with(int more) {
        return new RawDescriptor(address, length, flags | more, next);
    }

    /** The same, going on elsewhere. */
    public RawDescriptor to(int place) {
        return new RawDescriptor(address, length, flags | SplitRing.DESC_NEXT, place);
    }

    /** Has each descriptor but the last go on at the one behind it. */
    public static List<RawDescriptor> linked(List<RawDescriptor> descriptors) {
        List<RawDescriptor> linked = new ArrayList<>(descriptors);
        for (int i = 0; i < linked.size() - 1; i++) {
            linked.set(i, linked.get(i).to(i + 1));
        }
        return linked;
    }
}
