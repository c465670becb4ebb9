package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** How the sockets of {@link UnixSocket} are made. */
final class UnixSockets {
    private UnixSockets() {}

    private static Fd socket(int flags, String name) throws LinuxException {
        int type = SocketLayout.SOCK_STREAM | SocketLayout.SOCK_CLOEXEC | flags;
        long number = Syscall.call(SyscallNumber.SOCKET, SocketLayout.AF_UNIX, type, 0);
        return Fd.adopt((int) Syscall.orThrow(number, "socket", name), name);
    }

    private static MemorySegment address(Arena arena, Path path) throws LinuxException {
        var bytes = path.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length >= SocketLayout.SUN_PATH_SIZE) {
            throw new LinuxException(
                    "socket address",
                    path.toString(),
                    bytes.length == 0 ? Errno.ENOENT : Errno.ENAMETOOLONG,
                    bytes.length + " bytes, not 1 to " + (SocketLayout.SUN_PATH_SIZE - 1));
        }
        var address = arena.allocate(SocketLayout.SOCKADDR_UN_SIZE, 8);
        address.set(JAVA_SHORT, SocketLayout.SUN_FAMILY, (short) SocketLayout.AF_UNIX);
        MemorySegment.copy(bytes, 0, address, JAVA_BYTE, SocketLayout.SUN_PATH, bytes.length);
        return address;
    }

    static UnixSocket listen(Path path, int mode, int backlog) throws LinuxException {
        var name = path.toString();
        var fd = socket(SocketLayout.SOCK_NONBLOCK, name);
        try (var arena = Arena.ofConfined()) {
            var address = address(arena, path);
            // The path gets the mode of the socket less the umask, so it is never more open than asked.
            Syscall.orThrow(fd.onThis(SyscallNumber.FCHMOD, mode, 0, 0, 0, 0), "chmod", name);
            Syscall.orThrow(
                    fd.onThis(SyscallNumber.BIND, address.address(), address.byteSize(), 0, 0, 0), "bind", name);
            long pathAddress = address.address() + SocketLayout.SUN_PATH;
            Syscall.orThrow(
                    Syscall.call(SyscallNumber.FCHMODAT, OpenFlags.AT_FDCWD, pathAddress, mode, 0, 0, 0),
                    "chmod",
                    name);
            Syscall.orThrow(fd.onThis(SyscallNumber.LISTEN, backlog, 0, 0, 0, 0), "listen", name);
            return new UnixSocket(fd);
        } catch (LinuxException | RuntimeException problem) {
            fd.close();
            throw problem;
        }
    }

    static UnixSocket connect(Path path, Duration timeout) throws LinuxException {
        long deadline = Deadline.in(timeout);
        var name = path.toString();
        var fd = socket(0, name);
        try (var arena = Arena.ofConfined()) {
            var address = address(arena, path);
            long result;
            do {
                // A full backlog is waited for in connect itself: no poll tells when there is room.
                sendTimeout(fd, arena, Math.max(1, (deadline - System.nanoTime()) / 1000));
                result = fd.onThisOnce(SyscallNumber.CONNECT, address.address(), address.byteSize(), 0, 0, 0);
                // The kernel's shortest wait is a clock tick: signals that come faster would cut it for ever (J-09).
            } while (result == -Errno.EINTR && deadline - System.nanoTime() > 0);
            boolean late = result == -Errno.EAGAIN || result == -Errno.EINTR;
            Syscall.orThrow(late ? -Errno.ETIMEDOUT : result, "connect", name);
            return new UnixSocket(fd);
        } catch (LinuxException | RuntimeException problem) {
            fd.close();
            throw problem;
        }
    }

    private static void sendTimeout(Fd fd, Arena arena, long micros) throws LinuxException {
        var timeval = arena.allocate(SocketLayout.TIMEVAL_SIZE, 8);
        timeval.set(JAVA_LONG, SocketLayout.TV_SEC, micros / 1_000_000);
        timeval.set(JAVA_LONG, SocketLayout.TV_USEC, micros % 1_000_000);
        Syscall.orThrow(
                fd.onThis(
                        SyscallNumber.SETSOCKOPT,
                        SocketLayout.SOL_SOCKET,
                        SocketLayout.SO_SNDTIMEO,
                        timeval.address(),
                        timeval.byteSize(),
                        0),
                "set timeout",
                fd.name());
    }

    static UnixSocket.Pair pair() throws LinuxException {
        var numbers = Syscall.words();
        int type = SocketLayout.SOCK_STREAM | SocketLayout.SOCK_CLOEXEC | SocketLayout.SOCK_NONBLOCK;
        long result = Syscall.call(SyscallNumber.SOCKETPAIR, SocketLayout.AF_UNIX, type, 0, numbers.address(), 0, 0);
        Syscall.orThrow(result, "socketpair", "new");
        return new UnixSocket.Pair(
                new UnixSocket(Fd.adopt(numbers.get(JAVA_INT, 0), "socket pair, one")),
                new UnixSocket(Fd.adopt(numbers.get(JAVA_INT, 4), "socket pair, other")));
    }

    /** Takes a stream socket of the Unix domain over, and sets non-blocking mode; another descriptor is closed. */
    static UnixSocket adopt(Fd fd) throws LinuxException {
        try {
            if (option(fd, SocketLayout.SO_DOMAIN) != SocketLayout.AF_UNIX
                    || option(fd, SocketLayout.SO_TYPE) != SocketLayout.SOCK_STREAM) {
                throw new LinuxException("adopt", fd.name(), Errno.EPROTOTYPE, "not a Unix stream socket");
            }
            long flags =
                    Syscall.orThrow(fd.onThis(SyscallNumber.FCNTL, EventFd.F_GETFL, 0, 0, 0, 0), "fcntl", fd.name());
            Syscall.orThrow(
                    fd.onThis(SyscallNumber.FCNTL, EventFd.F_SETFL, flags | OpenFlags.O_NONBLOCK, 0, 0, 0),
                    "fcntl",
                    fd.name());
            return new UnixSocket(fd);
        } catch (LinuxException problem) {
            fd.close();
            throw problem;
        }
    }

    /** An option that is an int. */
    static int option(Fd fd, int option) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var value = arena.allocate(JAVA_INT);
            var length = arena.allocateFrom(JAVA_INT, Integer.BYTES);
            Syscall.orThrow(
                    fd.onThis(
                            SyscallNumber.GETSOCKOPT,
                            SocketLayout.SOL_SOCKET,
                            option,
                            value.address(),
                            length.address(),
                            0),
                    "getsockopt",
                    fd.name());
            return value.get(JAVA_INT, 0);
        }
    }

    /**
     * The name that a socket is bound to, as ss(8) shows it: a path, or one that begins with @ if it is not of the file
     * system; empty if there is none.
     */
    static String name(Fd fd) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var address = arena.allocate(SocketLayout.SOCKADDR_UN_SIZE, 8);
            var length = arena.allocateFrom(JAVA_INT, SocketLayout.SOCKADDR_UN_SIZE);
            Syscall.orThrow(
                    fd.onThis(SyscallNumber.GETSOCKNAME, address.address(), length.address(), 0, 0, 0),
                    "getsockname",
                    fd.name());
            int end = Math.min(length.get(JAVA_INT, 0), SocketLayout.SOCKADDR_UN_SIZE);
            if (end <= SocketLayout.SUN_PATH) {
                return "";
            }
            byte[] bytes = address.asSlice(SocketLayout.SUN_PATH, end - SocketLayout.SUN_PATH)
                    .toArray(JAVA_BYTE);
            var text = new String(bytes, StandardCharsets.UTF_8);
            boolean abstracted = bytes[0] == 0;
            return abstracted ? text.replace('\0', '@') : text.substring(0, (text + '\0').indexOf('\0'));
        }
    }

    static UnixSocket.Credentials peerCredentials(Fd fd) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var credentials = arena.allocate(SocketLayout.UCRED_SIZE, 8);
            var length = arena.allocateFrom(JAVA_INT, SocketLayout.UCRED_SIZE);
            Syscall.orThrow(
                    fd.onThis(
                            SyscallNumber.GETSOCKOPT,
                            SocketLayout.SOL_SOCKET,
                            SocketLayout.SO_PEERCRED,
                            credentials.address(),
                            length.address(),
                            0),
                    "peer credentials",
                    fd.name());
            return new UnixSocket.Credentials(
                    credentials.get(JAVA_INT, SocketLayout.UCRED_PID),
                    credentials.get(JAVA_INT, SocketLayout.UCRED_UID),
                    credentials.get(JAVA_INT, SocketLayout.UCRED_GID));
        }
    }
}
