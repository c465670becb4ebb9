package io.vduse4j.dataplane.inflight;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The stores into a queue's region. Each is one store of the machine and is seen before the next one: a process that dies
 * leaves all of them up to some point, and none behind it.
 */
class LogWords {

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG;

    private final MemorySegment region;

    /**
     * Works in a region.
     *
     * @param region aligned to 8 bytes
     */
    LogWords(MemorySegment region) {
        this.region = region;
    }

    long bytes() {
        return region.byteSize();
    }

    int get8(long at) {
        return Byte.toUnsignedInt(region.get(JAVA_BYTE, at));
    }

    int get16(long at) {
        return Short.toUnsignedInt(region.get(U16, at));
    }

    long get64(long at) {
        return region.get(U64, at);
    }

    void set8(long at, int value) {
        region.set(JAVA_BYTE, at, (byte) value);
        VarHandle.storeStoreFence();
    }

    void set16(long at, int value) {
        region.set(U16, at, (short) value);
        VarHandle.storeStoreFence();
    }

    void set32(long at, int value) {
        region.set(U32, at, value);
        VarHandle.storeStoreFence();
    }

    void set64(long at, long value) {
        region.set(U64, at, value);
        VarHandle.storeStoreFence();
    }
}
