package io.vduse4j.testkit.faulty;

/** Numbers and offsets of linux/fuse.h, as far as a file system of one file needs them. */
final class FuseAbi {
    private FuseAbi() {}

    /** The version whose structures these are. */
    static final int MAJOR = 7;

    static final int MINOR = 36;

    static final int GETATTR = 3;
    static final int SETATTR = 4;
    static final int OPEN = 14;
    static final int READ = 15;
    static final int WRITE = 16;
    static final int STATFS = 17;
    static final int RELEASE = 18;
    static final int FSYNC = 20;
    static final int FLUSH = 25;
    static final int INIT = 26;
    static final int INTERRUPT = 36;
    static final int DESTROY = 38;
    static final int FALLOCATE = 43;

    /** Two requests that want no answer. */
    static final int FORGET = 2;

    static final int BATCH_FORGET = 42;

    /** {@code struct fuse_in_header}. */
    static final int IN_HEADER = 40;

    static final int IN_OPCODE = 4;
    static final int IN_UNIQUE = 8;

    /** {@code struct fuse_out_header}. */
    static final int OUT_HEADER = 16;

    static final int OUT_ERROR = 4;
    static final int OUT_UNIQUE = 8;

    /** {@code struct fuse_init_in} and {@code fuse_init_out}. */
    static final int INIT_MAX_READAHEAD = 8;

    static final int INIT_FLAGS = 12;
    static final int INIT_MAX_BACKGROUND = 16;
    static final int INIT_CONGESTION = 18;
    static final int INIT_MAX_WRITE = 20;
    static final int INIT_TIME_GRAN = 24;
    static final int INIT_MAX_PAGES = 28;
    static final int INIT_OUT = 64;

    /** Requests of asynchronous direct I/O come without waiting for each other. */
    static final int ASYNC_DIO = 1 << 15;

    static final int BIG_WRITES = 1 << 5;
    static final int MAX_PAGES = 1 << 22;

    /** {@code struct fuse_attr_out}. */
    static final int ATTR_OUT = 104;

    static final int ATTR_INO = 16;
    static final int ATTR_SIZE = 24;
    static final int ATTR_BLOCKS = 32;
    static final int ATTR_MODE = 76;
    static final int ATTR_NLINK = 80;
    static final int ATTR_BLKSIZE = 96;

    /** {@code struct fuse_setattr_in}. */
    static final int SETATTR_VALID = 0;

    static final int SETATTR_SIZE = 16;
    static final int FATTR_SIZE = 1 << 3;

    /** {@code struct fuse_open_out}. */
    static final int OPEN_OUT = 16;

    static final int OPEN_FLAGS = 8;

    /** Every read and write of the file becomes a request: none ends in the page cache. */
    static final int FOPEN_DIRECT_IO = 1;

    static final int FOPEN_PARALLEL_DIRECT_WRITES = 1 << 6;

    /** {@code struct fuse_read_in} and {@code fuse_write_in}; the data follows the latter. */
    static final int IO_OFFSET = 8;

    static final int IO_SIZE = 16;
    static final int IO_FLAGS = 32;
    static final int WRITE_IN = 40;

    /** {@code struct fuse_write_out}. */
    static final int WRITE_OUT = 8;

    /** {@code struct fuse_fallocate_in}. */
    static final int FALLOCATE_OFFSET = 8;

    static final int FALLOCATE_LENGTH = 16;
    static final int FALLOCATE_MODE = 24;

    /** {@code struct fuse_statfs_out}. */
    static final int STATFS_OUT = 80;

    static final int STATFS_BSIZE = 40;
    static final int STATFS_NAMELEN = 44;
    static final int STATFS_FRSIZE = 48;
}
