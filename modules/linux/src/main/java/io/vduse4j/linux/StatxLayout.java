package io.vduse4j.linux;

/** {@code struct statx} and its constants (linux/stat.h, linux/fcntl.h). */
final class StatxLayout {
    private StatxLayout() {}

    static final int SIZE = 256;
    static final int BLKSIZE = 4;
    static final int NLINK = 16;
    static final int UID = 20;
    static final int GID = 24;
    static final int MODE = 28;
    static final int INO = 32;
    static final int FILE_SIZE = 40;
    static final int BLOCKS = 48;
    static final int RDEV_MAJOR = 128;
    static final int RDEV_MINOR = 132;
    static final int DEV_MAJOR = 136;
    static final int DEV_MINOR = 140;

    static final int AT_EMPTY_PATH = 0x1000;
    static final int STATX_BASIC_STATS = 0x7ff;

    static final int S_IFMT = 0170000;
    static final int S_IFSOCK = 0140000;
    static final int S_IFREG = 0100000;
    static final int S_IFBLK = 0060000;
    static final int S_IFDIR = 0040000;
    static final int S_IFCHR = 0020000;
}
