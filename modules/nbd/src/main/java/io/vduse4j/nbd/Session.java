package io.vduse4j.nbd;

import io.vduse4j.nbd.wire.Nbd.Transmission;

/**
 * What a client and the server have agreed upon.
 *
 * @param export what the client uses
 * @param size of it in bytes, as the client was told
 * @param structured replies to READ are structured
 * @param allocation base:allocation was chosen
 */
record Session(NbdExport export, long size, boolean structured, boolean allocation) {

    /** The only metadata context has this number. */
    static final int ALLOCATION_ID = 1;

    /** The transmission flags of an export. */
    static int flags(NbdTraits traits, boolean structured) {
        int flags = Transmission.HAS_FLAGS;
        flags |= traits.multiConn() ? Transmission.CAN_MULTI_CONN : 0;
        flags |= traits.canCache() ? Transmission.SEND_CACHE : 0;
        flags |= traits.canFlush() ? Transmission.SEND_FLUSH : 0;
        flags |= structured ? Transmission.SEND_DF : 0;
        if (traits.readOnly()) {
            return flags | Transmission.READ_ONLY;
        }
        flags |= traits.canFua() ? Transmission.SEND_FUA : 0;
        flags |= traits.canTrim() ? Transmission.SEND_TRIM : 0;
        // No volume says whether zeroing is faster than writing, so FAST_ZERO is not offered.
        flags |= traits.canWriteZeroes() ? Transmission.SEND_WRITE_ZEROES : 0;
        return flags;
    }
}
