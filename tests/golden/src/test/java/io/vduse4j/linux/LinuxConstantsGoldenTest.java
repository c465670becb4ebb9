package io.vduse4j.linux;

import io.vduse4j.golden.GoldenC;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Numbers of {@code io.vduse4j.linux} against the C headers, on both architectures. */
class LinuxConstantsGoldenTest {
    static GoldenC golden(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> GoldenC.x86_64();
            case AARCH64 -> GoldenC.aarch64();
        };
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void systemCalls(Architecture architecture) {
        var golden = golden(architecture).include("asm/unistd.h");
        for (var call : SyscallNumber.values()) {
            golden.expect("__NR_" + call.name().toLowerCase(Locale.ROOT), call.on(architecture));
        }
        golden.check();
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void errorNumbers(Architecture architecture) throws ReflectiveOperationException {
        var golden = golden(architecture).include("errno.h");
        for (var row : ErrnoTexts.TABLE.lines().toList()) {
            var columns = row.split(" ", 3);
            golden.expect(columns[1], Long.parseLong(columns[0]));
        }
        for (var constant : Errno.class.getFields()) {
            golden.expect("0 + " + constant.getName(), constant.getInt(null));
        }
        golden.check();
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void files(Architecture architecture) {
        golden(architecture)
                .include("fcntl.h")
                .include("linux/falloc.h")
                .include("sys/uio.h")
                .include("sys/file.h")
                .include("sys/mman.h")
                .include("sys/stat.h")
                .include("sys/mount.h")
                .expect("MS_NOSUID", Mount.MS_NOSUID)
                .expect("MS_NODEV", Mount.MS_NODEV)
                .expect("MNT_FORCE", Mount.MNT_FORCE)
                .expect("MNT_DETACH", Mount.MNT_DETACH)
                .include("linux/magic.h")
                .include("unistd.h")
                .expect("AT_FDCWD", OpenFlags.AT_FDCWD)
                .expect("O_RDONLY", OpenFlags.O_RDONLY)
                .expect("O_WRONLY", OpenFlags.O_WRONLY)
                .expect("O_RDWR", OpenFlags.O_RDWR)
                .expect("O_CREAT", OpenFlags.O_CREAT)
                .expect("O_EXCL", OpenFlags.O_EXCL)
                .expect("O_TRUNC", OpenFlags.O_TRUNC)
                .expect("O_APPEND", OpenFlags.O_APPEND)
                .expect("O_NONBLOCK", OpenFlags.O_NONBLOCK)
                .expect("O_DSYNC", OpenFlags.O_DSYNC)
                .expect("O_CLOEXEC", OpenFlags.O_CLOEXEC)
                .expect("O_PATH", OpenFlags.O_PATH)
                .expect("O_DIRECT", OpenFlags.direct(architecture))
                .expect("O_DIRECTORY", OpenFlags.directory(architecture))
                .expect("O_NOFOLLOW", OpenFlags.noFollow(architecture))
                .expect("F_DUPFD_CLOEXEC", Fd.F_DUPFD_CLOEXEC)
                .expect("F_GETFL", EventFd.F_GETFL)
                .expect("F_SETFL", EventFd.F_SETFL)
                .expect("F_ADD_SEALS", Memfd.F_ADD_SEALS)
                .expect("F_GET_SEALS", Memfd.F_GET_SEALS)
                .expect("F_SEAL_SEAL", Memfd.F_SEAL_SEAL)
                .expect("F_SEAL_SHRINK", Memfd.F_SEAL_SHRINK)
                .expect("F_SEAL_GROW", Memfd.F_SEAL_GROW)
                .expect("F_SEAL_WRITE", Memfd.F_SEAL_WRITE)
                .expect("MFD_CLOEXEC", Memfd.MFD_CLOEXEC)
                .expect("MFD_ALLOW_SEALING", Memfd.MFD_ALLOW_SEALING)
                .expect("F_OFD_SETLK", FileLock.F_OFD_SETLK)
                .expect("F_RDLCK", FileLock.F_RDLCK)
                .expect("F_WRLCK", FileLock.F_WRLCK)
                .expect("LOCK_SH", FileLock.LOCK_SH)
                .expect("LOCK_EX", FileLock.LOCK_EX)
                .expect("LOCK_NB", FileLock.LOCK_NB)
                .expect("FALLOC_FL_KEEP_SIZE", FileIo.FALLOC_FL_KEEP_SIZE)
                .expect("FALLOC_FL_PUNCH_HOLE", FileIo.FALLOC_FL_PUNCH_HOLE)
                .expect("FALLOC_FL_ZERO_RANGE", FileIo.FALLOC_FL_ZERO_RANGE)
                .expect("RWF_DSYNC", FileIo.RWF_DSYNC)
                .expect("RWF_NOWAIT", FileIo.RWF_NOWAIT)
                .expect("SEEK_DATA", FileIo.SEEK_DATA)
                .expect("SEEK_HOLE", FileIo.SEEK_HOLE)
                .expect("PROT_READ", Mapping.PROT_READ)
                .expect("PROT_WRITE", Mapping.PROT_WRITE)
                .expect("MAP_SHARED", Mapping.MAP_SHARED)
                .expect("MAP_PRIVATE", Mapping.MAP_PRIVATE)
                .expect("MAP_FIXED", Mapping.MAP_FIXED)
                .expect("MAP_ANONYMOUS", Mapping.MAP_ANONYMOUS)
                .expect("MS_ASYNC", NativeMemory.MS_ASYNC)
                .expect("HUGETLBFS_MAGIC", FileSystem.HUGETLBFS_MAGIC)
                .expect("TMPFS_MAGIC", FileSystem.TMPFS_MAGIC)
                .expect("RAMFS_MAGIC", FileSystem.RAMFS_MAGIC)
                .expect("AT_EMPTY_PATH", StatxLayout.AT_EMPTY_PATH)
                .expect("STATX_BASIC_STATS", StatxLayout.STATX_BASIC_STATS)
                .expect("S_IFMT", StatxLayout.S_IFMT)
                .expect("S_IFSOCK", StatxLayout.S_IFSOCK)
                .expect("S_IFREG", StatxLayout.S_IFREG)
                .expect("S_IFBLK", StatxLayout.S_IFBLK)
                .expect("S_IFDIR", StatxLayout.S_IFDIR)
                .expect("S_IFCHR", StatxLayout.S_IFCHR)
                .check();
        golden(architecture)
                .include("linux/uio.h")
                .expect("UIO_MAXIOV", FileIo.IOV_MAX)
                .check();
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void events(Architecture architecture) {
        golden(architecture)
                .include("sys/epoll.h")
                .include("sys/eventfd.h")
                .include("poll.h")
                .expect("EFD_CLOEXEC", EventFd.EFD_CLOEXEC)
                .expect("EFD_NONBLOCK", EventFd.EFD_NONBLOCK)
                .expect("EPOLL_CLOEXEC", EpollLayout.EPOLL_CLOEXEC)
                .expect("EPOLL_CTL_ADD", EpollLayout.EPOLL_CTL_ADD)
                .expect("EPOLL_CTL_DEL", EpollLayout.EPOLL_CTL_DEL)
                .expect("EPOLL_CTL_MOD", EpollLayout.EPOLL_CTL_MOD)
                .expect("EPOLLIN", Epoll.EPOLLIN)
                .expect("EPOLLOUT", Epoll.EPOLLOUT)
                .expect("EPOLLERR", Epoll.EPOLLERR)
                .expect("EPOLLHUP", Epoll.EPOLLHUP)
                .expect("EPOLLEXCLUSIVE", Epoll.EPOLLEXCLUSIVE)
                .expect("EPOLLONESHOT", Epoll.EPOLLONESHOT)
                .expect("(int) EPOLLET", Epoll.EPOLLET)
                .expect("POLLIN", Poll.POLLIN)
                .expect("POLLPRI", Poll.POLLPRI)
                .expect("POLLOUT", Poll.POLLOUT)
                .expect("POLLERR", Poll.POLLERR)
                .expect("POLLHUP", Poll.POLLHUP)
                .expect("POLLNVAL", Poll.POLLNVAL)
                .check();
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void sockets(Architecture architecture) {
        golden(architecture)
                .include("sys/socket.h")
                .expect("AF_UNIX", SocketLayout.AF_UNIX)
                .expect("AF_NETLINK", SocketLayout.AF_NETLINK)
                .expect("SOCK_STREAM", SocketLayout.SOCK_STREAM)
                .expect("SOCK_RAW", SocketLayout.SOCK_RAW)
                .expect("SOCK_NONBLOCK", SocketLayout.SOCK_NONBLOCK)
                .expect("SOCK_CLOEXEC", SocketLayout.SOCK_CLOEXEC)
                .expect("SHUT_RDWR", SocketLayout.SHUT_RDWR)
                .expect("SOL_SOCKET", SocketLayout.SOL_SOCKET)
                .expect("SOL_NETLINK", NetlinkLayout.SOL_NETLINK)
                .expect("SO_RCVBUF", SocketLayout.SO_RCVBUF)
                .expect("SO_PEERCRED", SocketLayout.SO_PEERCRED)
                .expect("SO_SNDTIMEO", SocketLayout.SO_SNDTIMEO)
                .expect("SCM_RIGHTS", SocketLayout.SCM_RIGHTS)
                .expect("MSG_CTRUNC", SocketLayout.MSG_CTRUNC)
                .expect("MSG_TRUNC", SocketLayout.MSG_TRUNC)
                .expect("MSG_DONTWAIT", SocketLayout.MSG_DONTWAIT)
                .expect("MSG_NOSIGNAL", SocketLayout.MSG_NOSIGNAL)
                .expect("MSG_CMSG_CLOEXEC", SocketLayout.MSG_CMSG_CLOEXEC)
                .check();
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void ring(Architecture architecture) {
        golden(architecture)
                .include("linux/io_uring.h")
                .expect("IOSQE_FIXED_FILE", IoRingLayout.IOSQE_FIXED_FILE)
                .expect("IOSQE_ASYNC", IoRingLayout.IOSQE_ASYNC)
                .expect("IORING_OP_READV", IoRingLayout.IORING_OP_READV)
                .expect("IORING_OP_WRITEV", IoRingLayout.IORING_OP_WRITEV)
                .expect("IORING_SETUP_CLAMP", IoRingLayout.IORING_SETUP_CLAMP)
                .expect("IORING_SETUP_R_DISABLED", IoRingLayout.IORING_SETUP_R_DISABLED)
                .expect("IORING_SETUP_TASKRUN_FLAG", IoRingLayout.IORING_SETUP_TASKRUN_FLAG)
                .expect("IORING_SETUP_SINGLE_ISSUER", IoRingLayout.IORING_SETUP_SINGLE_ISSUER)
                .expect("IORING_SETUP_DEFER_TASKRUN", IoRingLayout.IORING_SETUP_DEFER_TASKRUN)
                .expect("IORING_FEAT_SINGLE_MMAP", IoRingLayout.IORING_FEAT_SINGLE_MMAP)
                .expect("IORING_FEAT_NODROP", IoRingLayout.IORING_FEAT_NODROP)
                .expect("IORING_FEAT_SUBMIT_STABLE", IoRingLayout.IORING_FEAT_SUBMIT_STABLE)
                .expect("IORING_ENTER_GETEVENTS", IoRingLayout.IORING_ENTER_GETEVENTS)
                .expect("IORING_SQ_TASKRUN", IoRingLayout.IORING_SQ_TASKRUN)
                .expect("IORING_REGISTER_FILES", IoRingLayout.IORING_REGISTER_FILES)
                .expect("IORING_REGISTER_EVENTFD", IoRingLayout.IORING_REGISTER_EVENTFD)
                .expect("IORING_REGISTER_ENABLE_RINGS", IoRingLayout.IORING_REGISTER_ENABLE_RINGS)
                .expect("IORING_OFF_SQ_RING", IoRingLayout.IORING_OFF_SQ_RING)
                .expect("IORING_OFF_SQES", IoRingLayout.IORING_OFF_SQES)
                .check();
    }
}
