package io.vduse4j.vduse.abi;

/** {@code struct vduse_iova_umem}, the argument that registers and deregisters user memory. */
public final class IovaUmemLayout {
    private IovaUmemLayout() {}

    /** u64: address of the memory, aligned to pages. */
    public static final int UADDR = 0;

    /** u64: first IOVA of the region. */
    public static final int IOVA = 8;

    /** u64: the field {@code size}, bytes of the region. */
    public static final int BYTES = 16;

    /** u64[3]: zero. */
    public static final int RESERVED = 24;

    /** Bytes of the structure. */
    public static final int SIZE = 48;
}
