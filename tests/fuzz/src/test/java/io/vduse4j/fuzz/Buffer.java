package io.vduse4j.fuzz;

import java.util.ArrayList;
import java.util.List;

/**
 * What a driver says of a buffer.
 *
 * @param address device address
 * @param length in bytes, 0 to 2^32-1
 * @param flags of its descriptor
 */
record Buffer(long address, long length, int flags) {

    static Buffer from(Input input) {
        return new Buffer(FuzzMemory.address(input), input.length(), input.u8());
    }

    /** One to six buffers. */
    static List<Buffer> some(Input input) {
        int count = 1 + input.below(6);
        List<Buffer> buffers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            buffers.add(from(input));
        }
        return buffers;
    }
}
