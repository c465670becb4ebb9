package io.vduse4j.vduse.abi;

/** {@code struct vduse_config_data}, the argument of {@link VduseIoctl#VDUSE_DEV_SET_CONFIG}. */
public final class ConfigDataLayout {
    private ConfigDataLayout() {}

    /** u32: first byte of the configuration space that changes. */
    public static final int OFFSET = 0;

    /** u32: number of bytes. */
    public static final int LENGTH = 4;

    /** u8[]: the bytes. */
    public static final int BUFFER = 8;

    /** Bytes of the structure without the bytes that follow it. */
    public static final int SIZE = 8;
}
