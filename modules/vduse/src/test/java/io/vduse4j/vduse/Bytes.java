package io.vduse4j.vduse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Expected bytes of a structure: so many zeros, and fields put at their offsets. */
final class Bytes {
    private final ByteBuffer bytes;

    private Bytes(int size) {
        bytes = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    }

    static Bytes zeros(int size) {
        return new Bytes(size);
    }

    Bytes u8(int offset, int value) {
        bytes.put(offset, (byte) value);
        return this;
    }

    Bytes u16(int offset, int value) {
        bytes.putShort(offset, (short) value);
        return this;
    }

    Bytes u32(int offset, int value) {
        bytes.putInt(offset, value);
        return this;
    }

    Bytes u64(int offset, long value) {
        bytes.putLong(offset, value);
        return this;
    }

    Bytes raw(int offset, byte... value) {
        bytes.put(offset, value);
        return this;
    }

    byte[] array() {
        return bytes.array();
    }
}
