package io.vduse4j.fuzz;

/** The bytes of one run, read from front to back; zeroes behind the end. */
final class Input {

    private final byte[] data;
    private int at;

    Input(byte[] data) {
        this.data = data;
    }

    /** Whether something is left. */
    boolean more() {
        return at < data.length;
    }

    int u8() {
        return at < data.length ? Byte.toUnsignedInt(data[at++]) : 0;
    }

    int u16() {
        return u8() | u8() << 8;
    }

    long u32() {
        return u16() | (long) u16() << 16;
    }

    long u64() {
        return u32() | u32() << 32;
    }

    /** A number from 0 to less than the limit, out of one byte. */
    int below(int limit) {
        return u8() % limit;
    }

    boolean flag() {
        return (u8() & 1) != 0;
    }

    /** A length that is small, of whole descriptors, of whole sectors, near a limit, or any. */
    long length() {
        int kind = u8();
        if (kind < 0xa0) {
            return kind;
        }
        if (kind < 0xe0) {
            return (kind - 0xa0) * 16L;
        }
        if (kind < 0xf0) {
            return (kind - 0xe0) * 512L;
        }
        return switch (kind) {
            case 0xf0 -> 1023;
            case 0xf1 -> 1025;
            case 0xf2 -> 4096;
            case 0xf3 -> 0x7fff_ffffL;
            case 0xf4 -> 0x8000_0000L;
            case 0xf5 -> 0xffff_fff0L;
            case 0xf6 -> 0xffff_ffffL;
            default -> u32();
        };
    }
}
