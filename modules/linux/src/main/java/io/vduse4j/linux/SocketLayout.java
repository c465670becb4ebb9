package io.vduse4j.linux;

/**
 * Structures and constants of sockets (linux/socket.h, asm-generic/socket.h, linux/un.h, linux/netlink.h); the same on
 * x86-64 and aarch64.
 */
final class SocketLayout {
    private SocketLayout() {}

    static final int AF_UNIX = 1;
    static final int AF_NETLINK = 16;
    static final int SOCK_STREAM = 1;
    static final int SOCK_RAW = 3;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int SHUT_RDWR = 2;

    static final int SOL_SOCKET = 1;
    static final int SO_TYPE = 3;
    static final int SO_RCVBUF = 8;
    static final int SO_PEERCRED = 17;
    static final int SO_SNDTIMEO = 21;
    static final int SO_ACCEPTCONN = 30;
    static final int SO_DOMAIN = 39;
    static final int SCM_RIGHTS = 1;
    /** The most descriptors in one message (net/scm.h). */
    static final int SCM_MAX_FD = 253;

    static final int MSG_CTRUNC = 8;
    static final int MSG_TRUNC = 0x20;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int MSG_CMSG_CLOEXEC = 0x4000_0000;

    /** {@code struct msghdr}. */
    static final int MSGHDR_SIZE = 56;

    static final int MSG_IOV = 16;
    static final int MSG_IOVLEN = 24;
    static final int MSG_CONTROL = 32;
    static final int MSG_CONTROLLEN = 40;
    static final int MSG_FLAGS = 48;

    /** {@code struct cmsghdr}; its data follows, and the next one begins at a multiple of 8. */
    static final int CMSGHDR_SIZE = 16;

    static final int CMSG_LEN = 0;
    static final int CMSG_LEVEL = 8;
    static final int CMSG_TYPE = 12;

    /** {@code struct sockaddr_un}. */
    static final int SOCKADDR_UN_SIZE = 110;

    static final int SUN_FAMILY = 0;
    static final int SUN_PATH = 2;
    static final int SUN_PATH_SIZE = 108;

    /** {@code struct ucred}. */
    static final int UCRED_SIZE = 12;

    static final int UCRED_PID = 0;
    static final int UCRED_UID = 4;
    static final int UCRED_GID = 8;

    /** {@code struct timeval}. */
    static final int TIMEVAL_SIZE = 16;

    static final int TV_SEC = 0;
    static final int TV_USEC = 8;

    /** {@code struct sockaddr_nl}. */
    static final int SOCKADDR_NL_SIZE = 12;

    static final int NL_FAMILY = 0;
    static final int NL_PID = 4;

    /** The length of control data that is followed by more. */
    static long align(long length) {
        return (length + 7) & -8;
    }
}
