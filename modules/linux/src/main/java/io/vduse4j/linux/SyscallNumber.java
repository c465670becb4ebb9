package io.vduse4j.linux;

/**
 * The system calls used here, with their numbers from {@code asm/unistd_64.h} (x86-64) and
 * {@code asm-generic/unistd.h} (aarch64).
 */
enum SyscallNumber {
    READ(0, 63),
    WRITE(1, 64),
    CLOSE(3, 57),
    LSEEK(8, 62),
    MMAP(9, 222),
    MUNMAP(11, 215),
    IOCTL(16, 29),
    PREAD64(17, 67),
    PWRITE64(18, 68),
    MSYNC(26, 227),
    SOCKET(41, 198),
    CONNECT(42, 203),
    SENDTO(44, 206),
    RECVFROM(45, 207),
    SENDMSG(46, 211),
    RECVMSG(47, 212),
    SHUTDOWN(48, 210),
    BIND(49, 200),
    LISTEN(50, 201),
    GETSOCKNAME(51, 204),
    SOCKETPAIR(53, 199),
    SETSOCKOPT(54, 208),
    GETSOCKOPT(55, 209),
    KILL(62, 129),
    FCNTL(72, 25),
    FLOCK(73, 32),
    FSYNC(74, 82),
    FDATASYNC(75, 83),
    FTRUNCATE(77, 46),
    FCHMOD(91, 52),
    SYSINFO(99, 179),
    FSTATFS(138, 44),
    MOUNT(165, 40),
    UMOUNT2(166, 39),
    SCHED_SETAFFINITY(203, 122),
    EPOLL_CTL(233, 21),
    OPENAT(257, 56),
    FCHMODAT(268, 53),
    PPOLL(271, 73),
    EPOLL_PWAIT(281, 22),
    FALLOCATE(285, 47),
    ACCEPT4(288, 242),
    EVENTFD2(290, 19),
    EPOLL_CREATE1(291, 20),
    PREADV(295, 69),
    MEMFD_CREATE(319, 279),
    PREADV2(327, 286),
    PWRITEV2(328, 287),
    STATX(332, 291),
    IO_URING_SETUP(425, 425),
    IO_URING_ENTER(426, 426),
    IO_URING_REGISTER(427, 427);

    private final int x86_64;
    private final int aarch64;

    /** The number on this machine. */
    final int number;

    SyscallNumber(int x86_64, int aarch64) {
        this.x86_64 = x86_64;
        this.aarch64 = aarch64;
        this.number = on(Architecture.current());
    }

    int on(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> x86_64;
            case AARCH64 -> aarch64;
        };
    }
}
