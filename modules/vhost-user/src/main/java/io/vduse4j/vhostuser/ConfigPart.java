package io.vduse4j.vhostuser;

import java.nio.ByteBuffer;

/**
 * The part of the configuration space that GET_CONFIG and SET_CONFIG are about.
 *
 * @param offset of its first byte
 * @param size bytes, as many as are in the message
 * @param flags 0 for a driver's write, 1 for a live migration
 */
record ConfigPart(int offset, int size, int flags) {

    /**
     * Reads it from a request.
     *
     * @throws RefusedException if it is not as long as it says, or beyond the largest configuration space (BUG-12)
     */
    static ConfigPart read(ByteBuffer payload) throws RefusedException {
        ConfigPart part = new ConfigPart(payload.getInt(0), payload.getInt(4), payload.getInt(8));
        boolean inside = part.offset >= 0
                && part.size > 0
                && part.size <= VhostUserWire.MAX_CONFIG_BYTES
                && part.offset <= VhostUserWire.MAX_CONFIG_BYTES - part.size;
        if (!inside || payload.capacity() != VhostUserWire.CONFIG_HEADER_BYTES + part.size) {
            throw new RefusedException(part + " does not fit a message of " + payload.capacity()
                    + " bytes, or a space of " + VhostUserWire.MAX_CONFIG_BYTES);
        }
        return part;
    }
}
