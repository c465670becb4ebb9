package io.vduse4j.linux;

import static io.vduse4j.linux.LinuxConstantsGoldenTest.golden;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Structures of {@code io.vduse4j.linux} against the C headers, on both architectures. */
class LinuxLayoutsGoldenTest {
    @ParameterizedTest
    @EnumSource(Architecture.class)
    void files(Architecture architecture) {
        golden(architecture)
                .include("fcntl.h")
                .include("sys/uio.h")
                .include("sys/stat.h")
                .include("sys/statfs.h")
                .include("linux/sysinfo.h")
                .expect("sizeof(struct iovec)", FileIo.IOVEC_SIZE)
                .offset("struct iovec", "iov_base", FileIo.IOVEC_BASE)
                .offset("struct iovec", "iov_len", FileIo.IOVEC_LEN)
                .expect("sizeof(struct statx)", StatxLayout.SIZE)
                .offset("struct statx", "stx_blksize", StatxLayout.BLKSIZE)
                .offset("struct statx", "stx_nlink", StatxLayout.NLINK)
                .offset("struct statx", "stx_uid", StatxLayout.UID)
                .offset("struct statx", "stx_gid", StatxLayout.GID)
                .offset("struct statx", "stx_mode", StatxLayout.MODE)
                .offset("struct statx", "stx_ino", StatxLayout.INO)
                .offset("struct statx", "stx_size", StatxLayout.FILE_SIZE)
                .offset("struct statx", "stx_blocks", StatxLayout.BLOCKS)
                .offset("struct statx", "stx_rdev_major", StatxLayout.RDEV_MAJOR)
                .offset("struct statx", "stx_rdev_minor", StatxLayout.RDEV_MINOR)
                .offset("struct statx", "stx_dev_major", StatxLayout.DEV_MAJOR)
                .offset("struct statx", "stx_dev_minor", StatxLayout.DEV_MINOR)
                .expect("sizeof(struct flock)", FileLock.FLOCK_SIZE)
                .offset("struct flock", "l_type", FileLock.FLOCK_TYPE)
                .expect("sizeof(struct statfs)", MappingUnit.STATFS_SIZE)
                .offset("struct statfs", "f_type", MappingUnit.STATFS_TYPE)
                .offset("struct statfs", "f_bsize", MappingUnit.STATFS_BSIZE)
                .expect("sizeof(struct sysinfo)", PhysicalMemory.SYSINFO_SIZE)
                .offset("struct sysinfo", "totalram", PhysicalMemory.SYSINFO_TOTALRAM)
                .offset("struct sysinfo", "mem_unit", PhysicalMemory.SYSINFO_MEM_UNIT)
                .check();
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void events(Architecture architecture) {
        golden(architecture)
                .include("sys/epoll.h")
                .include("poll.h")
                .include("time.h")
                .expect("sizeof(struct epoll_event)", EpollLayout.size(architecture))
                .offset("struct epoll_event", "events", EpollLayout.EVENTS)
                .offset("struct epoll_event", "data", EpollLayout.data(architecture))
                .expect("sizeof(struct pollfd)", PollLayout.POLLFD_SIZE)
                .offset("struct pollfd", "fd", PollLayout.FD)
                .offset("struct pollfd", "events", PollLayout.EVENTS)
                .offset("struct pollfd", "revents", PollLayout.REVENTS)
                .expect("sizeof(struct timespec)", PollLayout.TIMESPEC_SIZE)
                .offset("struct timespec", "tv_sec", PollLayout.SECONDS)
                .offset("struct timespec", "tv_nsec", PollLayout.NANOSECONDS)
                .check();
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void sockets(Architecture architecture) {
        golden(architecture)
                .include("sys/socket.h")
                .include("sys/time.h")
                .include("sys/un.h")
                .expect("sizeof(struct msghdr)", SocketLayout.MSGHDR_SIZE)
                .offset("struct msghdr", "msg_iov", SocketLayout.MSG_IOV)
                .offset("struct msghdr", "msg_iovlen", SocketLayout.MSG_IOVLEN)
                .offset("struct msghdr", "msg_control", SocketLayout.MSG_CONTROL)
                .offset("struct msghdr", "msg_controllen", SocketLayout.MSG_CONTROLLEN)
                .offset("struct msghdr", "msg_flags", SocketLayout.MSG_FLAGS)
                .expect("sizeof(struct cmsghdr)", SocketLayout.CMSGHDR_SIZE)
                .offset("struct cmsghdr", "cmsg_len", SocketLayout.CMSG_LEN)
                .offset("struct cmsghdr", "cmsg_level", SocketLayout.CMSG_LEVEL)
                .offset("struct cmsghdr", "cmsg_type", SocketLayout.CMSG_TYPE)
                .expect("CMSG_SPACE(4)", SocketLayout.align(SocketLayout.CMSGHDR_SIZE + 4))
                .expect("CMSG_SPACE(8)", SocketLayout.align(SocketLayout.CMSGHDR_SIZE + 8))
                .expect("CMSG_LEN(4)", SocketLayout.CMSGHDR_SIZE + 4)
                .expect("sizeof(struct sockaddr_un)", SocketLayout.SOCKADDR_UN_SIZE)
                .offset("struct sockaddr_un", "sun_family", SocketLayout.SUN_FAMILY)
                .offset("struct sockaddr_un", "sun_path", SocketLayout.SUN_PATH)
                .expect("sizeof(((struct sockaddr_un *) 0)->sun_path)", SocketLayout.SUN_PATH_SIZE)
                .expect("sizeof(struct ucred)", SocketLayout.UCRED_SIZE)
                .offset("struct ucred", "pid", SocketLayout.UCRED_PID)
                .offset("struct ucred", "uid", SocketLayout.UCRED_UID)
                .offset("struct ucred", "gid", SocketLayout.UCRED_GID)
                .expect("sizeof(struct timeval)", SocketLayout.TIMEVAL_SIZE)
                .offset("struct timeval", "tv_sec", SocketLayout.TV_SEC)
                .offset("struct timeval", "tv_usec", SocketLayout.TV_USEC)
                .check();
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void netlink(Architecture architecture) {
        golden(architecture)
                .include("linux/netlink.h")
                .include("linux/genetlink.h")
                .expect("sizeof(struct sockaddr_nl)", SocketLayout.SOCKADDR_NL_SIZE)
                .offset("struct sockaddr_nl", "nl_family", SocketLayout.NL_FAMILY)
                .offset("struct sockaddr_nl", "nl_pid", SocketLayout.NL_PID)
                .expect("NETLINK_GENERIC", NetlinkLayout.NETLINK_GENERIC)
                .expect("NETLINK_CAP_ACK", NetlinkLayout.NETLINK_CAP_ACK)
                .expect("NETLINK_EXT_ACK", NetlinkLayout.NETLINK_EXT_ACK)
                .expect("sizeof(struct nlmsghdr)", NetlinkLayout.NLMSGHDR_SIZE)
                .offset("struct nlmsghdr", "nlmsg_len", NetlinkLayout.NLMSG_LEN)
                .offset("struct nlmsghdr", "nlmsg_type", NetlinkLayout.NLMSG_TYPE)
                .offset("struct nlmsghdr", "nlmsg_flags", NetlinkLayout.NLMSG_FLAGS)
                .offset("struct nlmsghdr", "nlmsg_seq", NetlinkLayout.NLMSG_SEQ)
                .offset("struct nlmsghdr", "nlmsg_pid", NetlinkLayout.NLMSG_PID)
                .expect("NLMSG_ALIGN(13)", NetlinkLayout.align(13))
                .expect("NLMSG_NOOP", NetlinkLayout.NLMSG_NOOP)
                .expect("NLMSG_ERROR", NetlinkLayout.NLMSG_ERROR)
                .expect("NLMSG_DONE", NetlinkLayout.NLMSG_DONE)
                .expect("NLM_F_REQUEST", NetlinkLayout.NLM_F_REQUEST)
                .expect("NLM_F_ACK", NetlinkLayout.NLM_F_ACK)
                .expect("NLM_F_DUMP_INTR", NetlinkLayout.NLM_F_DUMP_INTR)
                .expect("NLM_F_CAPPED", NetlinkLayout.NLM_F_CAPPED)
                .expect("NLM_F_ACK_TLVS", NetlinkLayout.NLM_F_ACK_TLVS)
                .expect("NLM_F_DUMP", NetlinkLayout.NLM_F_DUMP)
                .expect("sizeof(struct nlmsgerr)", NetlinkLayout.NLMSGERR_SIZE)
                .offset("struct nlmsgerr", "msg", NetlinkLayout.NLMSGERR_MSG)
                .expect("NLMSGERR_ATTR_MSG", NetlinkLayout.NLMSGERR_ATTR_MSG)
                .expect("sizeof(struct genlmsghdr)", NetlinkLayout.GENLMSGHDR_SIZE)
                .offset("struct genlmsghdr", "cmd", NetlinkLayout.GENL_COMMAND)
                .offset("struct genlmsghdr", "version", NetlinkLayout.GENL_VERSION)
                .expect("sizeof(struct nlattr)", NetlinkLayout.NLATTR_SIZE)
                .offset("struct nlattr", "nla_len", NetlinkLayout.NLA_LEN)
                .offset("struct nlattr", "nla_type", NetlinkLayout.NLA_TYPE)
                .expect("NLA_F_NESTED", NetlinkLayout.NLA_F_NESTED)
                .expect("NLA_TYPE_MASK & 0xffff", NetlinkLayout.NLA_TYPE_MASK)
                .expect("GENL_ID_CTRL", NetlinkLayout.GENL_ID_CTRL)
                .expect("CTRL_CMD_GETFAMILY", NetlinkLayout.CTRL_CMD_GETFAMILY)
                .expect("CTRL_ATTR_FAMILY_ID", NetlinkLayout.CTRL_ATTR_FAMILY_ID)
                .expect("CTRL_ATTR_FAMILY_NAME", NetlinkLayout.CTRL_ATTR_FAMILY_NAME)
                .check();
    }
}
