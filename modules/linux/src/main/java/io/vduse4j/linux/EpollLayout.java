package io.vduse4j.linux;

/** {@code struct epoll_event} (linux/eventpoll.h): packed on x86-64, and nowhere else. */
final class EpollLayout {
    private EpollLayout() {}

    static final int EVENTS = 0;

    static int data(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> 4;
            case AARCH64 -> 8;
        };
    }

    static int size(Architecture architecture) {
        return data(architecture) + 8;
    }

    static final int EPOLL_CLOEXEC = 0x80000;
    static final int EPOLL_CTL_ADD = 1;
    static final int EPOLL_CTL_DEL = 2;
    static final int EPOLL_CTL_MOD = 3;
}
