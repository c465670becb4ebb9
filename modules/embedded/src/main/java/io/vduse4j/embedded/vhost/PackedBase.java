package io.vduse4j.embedded.vhost;

/**
 * The base of a packed ring: for vhost two indices of 15 bits with a wrap counter above each, for a vdpa device four
 * fields of 16 bits: available counter and index, used counter and index.
 */
final class PackedBase {

    private static final int INDEX = 0x7fff;
    private static final int WRAP = 15;

    private PackedBase() {}

    /** The device's form. */
    static long state(int base) {
        return half(base & 0xffff) | half(base >>> 16) << 32;
    }

    private static long half(int base) {
        return (base >>> WRAP) | (long) (base & INDEX) << 16;
    }

    /** The form of vhost. */
    static int base(long state) {
        return wrapped(state) | wrapped(state >>> 32) << 16;
    }

    private static int wrapped(long half) {
        return ((int) (half >>> 16) & INDEX) | ((int) half & 1) << WRAP;
    }
}
