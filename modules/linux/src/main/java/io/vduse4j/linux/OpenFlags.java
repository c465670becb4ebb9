package io.vduse4j.linux;

/**
 * Flags for {@link Fd#open(String, int)}, from {@code asm-generic/fcntl.h}; three of them have another value on aarch64
 * ({@code arch/arm64/include/uapi/asm/fcntl.h}). {@code O_CLOEXEC} is always added (J-11).
 */
public final class OpenFlags {
    private OpenFlags() {}

    /** In place of a directory: paths begin at the working directory (linux/fcntl.h). */
    static final int AT_FDCWD = -100;

    /** Read only. */
    public static final int O_RDONLY = 0;

    /** Write only. */
    public static final int O_WRONLY = 1;

    /** Read and write. */
    public static final int O_RDWR = 2;

    /** Create the file if it does not exist. */
    public static final int O_CREAT = 0x40;

    /** With {@link #O_CREAT}: EEXIST if it exists. On a block device: EBUSY if it is mounted or otherwise claimed. */
    public static final int O_EXCL = 0x80;

    /** Truncate to length 0. */
    public static final int O_TRUNC = 0x200;

    /** Every write goes to the end. */
    public static final int O_APPEND = 0x400;

    /** EAGAIN instead of waiting. */
    public static final int O_NONBLOCK = 0x800;

    /** Each write is stable when it returns. */
    public static final int O_DSYNC = 0x1000;

    /** Closed by {@code execve}. */
    public static final int O_CLOEXEC = 0x80000;

    /** Only a name for the file: neither read nor written. */
    public static final int O_PATH = 0x200000;

    /** Past the page cache. */
    public static final int O_DIRECT = direct(Architecture.current());

    /** ENOTDIR unless it is a directory. */
    public static final int O_DIRECTORY = directory(Architecture.current());

    /** ELOOP if the last component is a symbolic link. */
    public static final int O_NOFOLLOW = noFollow(Architecture.current());

    static int direct(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> 0x4000;
            case AARCH64 -> 0x10000;
        };
    }

    static int directory(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> 0x10000;
            case AARCH64 -> 0x4000;
        };
    }

    static int noFollow(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> 0x20000;
            case AARCH64 -> 0x8000;
        };
    }
}
