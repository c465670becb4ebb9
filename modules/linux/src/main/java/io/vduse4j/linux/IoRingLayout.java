package io.vduse4j.linux;

/** Structures and numbers of linux/io_uring.h; the same on all architectures. */
final class IoRingLayout {
    private IoRingLayout() {}

    // struct io_uring_params, with struct io_sqring_offsets and io_cqring_offsets in it.
    static final int PARAMS_SIZE = 120;
    static final int SQ_ENTRIES = 0;
    static final int CQ_ENTRIES = 4;
    static final int FLAGS = 8;
    static final int FEATURES = 20;
    static final int SQ_OFF = 40;
    static final int CQ_OFF = 80;

    static final int SQ_OFF_HEAD = 0;
    static final int SQ_OFF_TAIL = 4;
    static final int SQ_OFF_FLAGS = 16;
    static final int SQ_OFF_ARRAY = 24;
    static final int CQ_OFF_HEAD = 0;
    static final int CQ_OFF_TAIL = 4;
    static final int CQ_OFF_CQES = 20;

    // struct io_uring_sqe
    static final int SQE_SIZE = 64;
    static final int SQE_OPCODE = 0;
    static final int SQE_FLAGS = 1;
    static final int SQE_FD = 4;
    static final int SQE_OFF = 8;
    static final int SQE_ADDR = 16;
    static final int SQE_LEN = 24;
    static final int SQE_RW_FLAGS = 28;
    static final int SQE_USER_DATA = 32;
    static final int SQE_BUF_INDEX = 40;
    static final int SQE_ADDR3 = 48;

    // struct io_uring_cqe
    static final int CQE_SIZE = 16;
    static final int CQE_USER_DATA = 0;
    static final int CQE_RES = 8;

    static final int IOSQE_FIXED_FILE = 1;
    static final int IOSQE_ASYNC = 1 << 4;

    static final int IORING_OP_READV = 1;
    static final int IORING_OP_WRITEV = 2;

    static final int IORING_SETUP_CLAMP = 1 << 4;
    static final int IORING_SETUP_R_DISABLED = 1 << 6;
    static final int IORING_SETUP_TASKRUN_FLAG = 1 << 9;
    static final int IORING_SETUP_SINGLE_ISSUER = 1 << 12;
    static final int IORING_SETUP_DEFER_TASKRUN = 1 << 13;

    static final int IORING_FEAT_SINGLE_MMAP = 1;
    static final int IORING_FEAT_NODROP = 1 << 1;
    static final int IORING_FEAT_SUBMIT_STABLE = 1 << 2;

    static final int IORING_ENTER_GETEVENTS = 1;
    static final int IORING_SQ_TASKRUN = 1 << 2;

    static final int IORING_REGISTER_FILES = 2;
    static final int IORING_REGISTER_EVENTFD = 4;
    static final int IORING_REGISTER_ENABLE_RINGS = 12;

    static final long IORING_OFF_SQ_RING = 0;
    static final long IORING_OFF_SQES = 0x1000_0000L;
}
