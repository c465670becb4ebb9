package io.vduse4j.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * The attributes of a netlink message, by their type (linux/netlink.h, {@code struct nlattr}). Immutable.
 *
 * <p>The bytes are not trusted: a length that leads out of them is refused. Of several attributes of one type the last
 * counts, as in the kernel. A number may be followed by more bytes, but not be shorter than asked:
 * {@link IllegalArgumentException} then.
 */
public final class NetlinkAttributes {
    private static final NetlinkAttributes NONE = new NetlinkAttributes(Map.of());

    private final Map<Integer, ByteBuffer> values;

    private NetlinkAttributes(Map<Integer, ByteBuffer> values) {
        this.values = values;
    }

    /** Returns that there are none. */
    public static NetlinkAttributes none() {
        return NONE;
    }

    /**
     * Reads attributes.
     *
     * @param attributes all of them, each but the last padded to 4 bytes
     * @throws IllegalArgumentException if a length is wrong
     */
    public static NetlinkAttributes parse(byte[] attributes) {
        return parse(ByteBuffer.wrap(attributes.clone()));
    }

    /** As above, of what remains in the buffer, whose bytes must not change any more; its position stays. */
    static NetlinkAttributes parse(ByteBuffer bytes) {
        var values = new TreeMap<Integer, ByteBuffer>();
        var rest = bytes.slice().order(ByteOrder.nativeOrder());
        int at = 0;
        while (at < rest.limit()) {
            int left = rest.limit() - at;
            if (left < NetlinkLayout.NLATTR_SIZE) {
                throw new IllegalArgumentException(left + " bytes after the last netlink attribute");
            }
            int length = Short.toUnsignedInt(rest.getShort(at + NetlinkLayout.NLA_LEN));
            int type = rest.getShort(at + NetlinkLayout.NLA_TYPE) & NetlinkLayout.NLA_TYPE_MASK;
            if (length < NetlinkLayout.NLATTR_SIZE || length > left) {
                throw new IllegalArgumentException(
                        "netlink attribute " + type + " has length " + length + " with " + left + " bytes left");
            }
            values.put(type, rest.slice(at + NetlinkLayout.NLATTR_SIZE, length - NetlinkLayout.NLATTR_SIZE));
            at += NetlinkLayout.align(length);
        }
        return new NetlinkAttributes(values);
    }

    /** Returns the types that are there, in ascending order. */
    public Set<Integer> types() {
        return Set.copyOf(values.keySet());
    }

    /** Returns the bytes of an attribute. */
    public Optional<byte[]> bytes(int type) {
        return Optional.ofNullable(values.get(type)).map(NetlinkAttributes::copy);
    }

    /** Returns a string, up to its zero byte if it has one. */
    public Optional<String> string(int type) {
        return bytes(type).map(bytes -> {
            int length = 0;
            while (length < bytes.length && bytes[length] != 0) {
                length++;
            }
            return new String(bytes, 0, length, StandardCharsets.UTF_8);
        });
    }

    /** Returns a number of 8 bits, 0 to 255. */
    public OptionalInt u8(int type) {
        var value = value(type, 1);
        return value == null ? OptionalInt.empty() : OptionalInt.of(Byte.toUnsignedInt(value.get(0)));
    }

    /** Returns a number of 16 bits, 0 to 65535. */
    public OptionalInt u16(int type) {
        var value = value(type, 2);
        return value == null ? OptionalInt.empty() : OptionalInt.of(Short.toUnsignedInt(value.getShort(0)));
    }

    /** Returns a number of 32 bits; from 2^31 on it is negative. */
    public OptionalInt u32(int type) {
        var value = value(type, 4);
        return value == null ? OptionalInt.empty() : OptionalInt.of(value.getInt(0));
    }

    /** Returns a number of 64 bits; from 2^63 on it is negative. */
    public OptionalLong u64(int type) {
        var value = value(type, 8);
        return value == null ? OptionalLong.empty() : OptionalLong.of(value.getLong(0));
    }

    /** Returns the attributes within an attribute. */
    public Optional<NetlinkAttributes> nested(int type) {
        return Optional.ofNullable(values.get(type)).map(NetlinkAttributes::parse);
    }

    private ByteBuffer value(int type, int size) {
        var value = values.get(type);
        if (value != null && value.limit() < size) {
            throw new IllegalArgumentException(
                    "netlink attribute " + type + " has " + value.limit() + " bytes, not " + size);
        }
        return value == null ? null : value.order(ByteOrder.nativeOrder());
    }

    private static byte[] copy(ByteBuffer value) {
        var bytes = new byte[value.limit()];
        value.get(0, bytes);
        return bytes;
    }

    /** Returns a builder of attributes to send. */
    public static Builder builder() {
        return new Builder();
    }

    /** Writes attributes one after another. Not for several threads. */
    public static final class Builder {
        private ByteBuffer out = ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());

        private Builder() {}

        /** Adds a string and its zero byte. */
        public Builder string(int type, String value) {
            var bytes = value.getBytes(StandardCharsets.UTF_8);
            if (value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("a zero byte in \"" + value.replace("\0", "\\0") + "\"");
            }
            begin(type, bytes.length + 1).put(bytes).put((byte) 0);
            return end();
        }

        /** Adds a number of 8 bits. */
        public Builder u8(int type, int value) {
            begin(type, 1).put((byte) value);
            return end();
        }

        /** Adds a number of 16 bits. */
        public Builder u16(int type, int value) {
            begin(type, 2).putShort((short) value);
            return end();
        }

        /** Adds a number of 32 bits. */
        public Builder u32(int type, int value) {
            begin(type, 4).putInt(value);
            return end();
        }

        /** Adds a number of 64 bits. */
        public Builder u64(int type, long value) {
            begin(type, 8).putLong(value);
            return end();
        }

        /** Adds bytes. */
        public Builder bytes(int type, byte[] value) {
            begin(type, value.length).put(value);
            return end();
        }

        /** Adds attributes within an attribute. */
        public Builder nested(int type, Builder attributes) {
            var bytes = attributes.build();
            begin(type | NetlinkLayout.NLA_F_NESTED, bytes.length).put(bytes);
            return end();
        }

        /** Returns all that was added. */
        public byte[] build() {
            var bytes = new byte[out.position()];
            out.get(0, bytes);
            return bytes;
        }

        private ByteBuffer begin(int type, int length) {
            int whole = NetlinkLayout.NLATTR_SIZE + length;
            if ((type & NetlinkLayout.NLA_TYPE_MASK) == 0 || whole > 0xffff) {
                throw new IllegalArgumentException("netlink attribute " + type + " of " + length + " bytes");
            }
            int needed = out.position() + NetlinkLayout.align(whole);
            if (needed > out.capacity()) {
                out = ByteBuffer.allocate(Math.max(needed, 2 * out.capacity()))
                        .order(ByteOrder.nativeOrder())
                        .put(out.flip());
            }
            return out.putShort((short) whole).putShort((short) type);
        }

        private Builder end() {
            // The room behind is zero already.
            out.position(NetlinkLayout.align(out.position()));
            return this;
        }
    }
}
