package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The one native signature of the project: {@code long syscall(long number, ...)} of the C library. One signature is
 * linked in a few milliseconds; one for each system call would triple the start-up time.
 *
 * <p>Results are the kernel's own convention: what the call returned, or the negated errno. Compiled code allocates
 * nothing; until then, and where the compiler inlines only in part, the linker makes a slice of 40 bytes a call.
 */
final class Syscall {
    private Syscall() {}

    /** Linked at the first system call, not when the class is loaded. */
    private static final class Native {
        static final MethodHandle SYSCALL;
        static final long ERRNO_OFFSET =
                Linker.Option.captureStateLayout().byteOffset(PathElement.groupElement("errno"));

        static {
            var linker = Linker.nativeLinker();
            SYSCALL = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("syscall"),
                    FunctionDescriptor.of(
                            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                    // errno is read before the JVM can overwrite it (J-09).
                    Linker.Option.captureCallState("errno"),
                    Linker.Option.firstVariadicArg(1));
        }
    }

    /** What a thread needs for its calls; 64 bytes of native memory that live as long as the thread. */
    private static final class Scratch {
        static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

        final MemorySegment errno;
        final MemorySegment words;

        Scratch() {
            var arena = Arena.ofAuto();
            errno = arena.allocate(Linker.Option.captureStateLayout());
            words = arena.allocate(32, 8);
        }
    }

    /** Four words that belong to the calling thread, for arguments and results passed by pointer; contents undefined. */
    static MemorySegment words() {
        return Scratch.OF_THREAD.get().words;
    }

    static long call(SyscallNumber call, long a, long b, long c, long d, long e, long f) {
        var errno = Scratch.OF_THREAD.get().errno;
        long result;
        try {
            result = (long) Native.SYSCALL.invokeExact(errno, (long) call.number, a, b, c, d, e, f);
        } catch (RuntimeException | Error problem) {
            throw problem;
        } catch (Throwable impossible) {
            throw new AssertionError("a downcall threw a checked exception", impossible);
        }
        return result == -1 ? -errno.get(JAVA_INT, Native.ERRNO_OFFSET) : result;
    }

    static long call(SyscallNumber call, long a, long b, long c) {
        return call(call, a, b, c, 0, 0, 0);
    }

    /** As {@link #call}, again as long as a signal interrupts it. Not for {@code close} nor for calls with a timeout. */
    static long retry(SyscallNumber call, long a, long b, long c, long d, long e, long f) {
        long result;
        do {
            result = call(call, a, b, c, d, e, f);
        } while (result == -Errno.EINTR);
        return result;
    }

    static long retry(SyscallNumber call, long a, long b, long c) {
        return retry(call, a, b, c, 0, 0, 0);
    }

    /** Returns the result, or throws what it means. */
    static long orThrow(long result, String call, String object) throws LinuxException {
        if (result < 0) {
            throw new LinuxException(call, object, (int) -result);
        }
        return result;
    }
}
