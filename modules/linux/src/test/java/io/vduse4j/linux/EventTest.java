package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
@SuppressWarnings("try") // what happens after an early close is what some tests ask
class EventTest {
    @Test
    void theCountIsTakenWhole() throws Exception {
        try (var event = EventFd.create()) {
            assertThat(event.drain()).isZero();
            assertThat(event.signal()).isZero();
            assertThat(event.signal()).isZero();
            assertThat(event.drain()).isEqualTo(2);
            assertThat(event.drain()).isZero();
            event.close();
            assertThat(event.signal()).isEqualTo(-Errno.EBADF);
            assertThat(event.drain()).isZero();
        }
    }

    @Test
    void aSaturatedCountIsSuccess() throws Exception {
        try (var event = EventFd.create();
                var arena = Arena.ofConfined()) {
            var most = arena.allocateFrom(JAVA_LONG, -2L);
            assertThat(event.fd().write(most.address(), 8)).isEqualTo(8);
            assertThat(event.signal()).isZero();
            assertThat(event.drain()).isEqualTo(-2L);
        }
    }

    @Test
    void aForeignDescriptorMustBeAnEventfd() throws Exception {
        long blocking = Syscall.call(SyscallNumber.EVENTFD2, 0, EventFd.EFD_CLOEXEC, 0);
        try (var event = EventFd.adoptForeign(Fd.adopt((int) blocking, "from a peer"))) {
            assertThat(event.drain()).as("does not block").isZero();
        }
        var other = Fd.open("/dev/null", OpenFlags.O_RDWR);
        assertThatThrownBy(() -> EventFd.adoptForeign(other))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("/dev/null");
        assertThat(other.isOpen()).isFalse();
    }

    @Test
    void epollTellsWhoIsReady() throws Exception {
        try (var epoll = Epoll.create(4);
                var one = EventFd.create();
                var two = EventFd.create()) {
            epoll.add(one.fd(), Epoll.EPOLLIN, 0x1111_2222_3333_4444L);
            epoll.add(two.fd(), Epoll.EPOLLIN, -2);
            assertThat(epoll.await(0)).isZero();
            two.signal();
            assertThat(epoll.await(-1)).isEqualTo(1);
            assertThat(epoll.data(0)).isEqualTo(-2);
            assertThat(epoll.events(0)).isEqualTo(Epoll.EPOLLIN);
            one.signal();
            assertThat(epoll.await(0)).isEqualTo(2);
            assertThat(new long[] {epoll.data(0), epoll.data(1)}).containsExactlyInAnyOrder(0x1111_2222_3333_4444L, -2);
            epoll.remove(two.fd());
            epoll.modify(one.fd(), Epoll.EPOLLIN | Epoll.EPOLLOUT, 9);
            assertThat(epoll.await(0)).isEqualTo(1);
            assertThat(epoll.data(0)).isEqualTo(9);
            assertThat(epoll.events(0)).isEqualTo(Epoll.EPOLLIN | Epoll.EPOLLOUT);
            assertThatThrownBy(() -> epoll.remove(two.fd()))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("ENOENT");
        }
    }

    @Test
    void epollTakesNoMoreThanAsked() throws Exception {
        try (var epoll = Epoll.create(1);
                var one = EventFd.create();
                var two = EventFd.create()) {
            epoll.add(one.fd(), Epoll.EPOLLIN, 1);
            epoll.add(two.fd(), Epoll.EPOLLIN, 2);
            one.signal();
            two.signal();
            assertThat(epoll.await(0)).isEqualTo(1);
        }
    }

    @Test
    void epollWaitsNotLessThanAsked() throws Exception {
        try (var epoll = Epoll.create(1)) {
            long start = System.nanoTime();
            assertThat(epoll.await(1)).isZero();
            assertThat(System.nanoTime() - start).as("1 ns is rounded up").isGreaterThan(0);
            start = System.nanoTime();
            assertThat(epoll.await(TimeUnit.MICROSECONDS.toNanos(20_500))).isZero();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(20_500_000);
            epoll.close();
            assertThatThrownBy(() -> epoll.await(0)).isInstanceOf(IllegalStateException.class);
        }
    }
}
