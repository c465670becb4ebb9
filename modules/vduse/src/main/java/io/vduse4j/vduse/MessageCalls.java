package io.vduse4j.vduse;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.DevRequestLayout;
import io.vduse4j.vduse.abi.DevResponseLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reading messages and writing replies; {@link VduseDevice} says what they mean.
 *
 * @param calls the node of the device
 */
record MessageCalls(NodeCalls calls) {

    Optional<VduseMessage> read() throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var request = arena.allocate(DevRequestLayout.SIZE, Long.BYTES);
            int result = calls.node().read(request);
            if (result == -Errno.EAGAIN) {
                return Optional.empty();
            }
            check("read", result, DevRequestLayout.SIZE);
            return Optional.of(MessageCodec.decode(request));
        }
    }

    /** Writes a reply; false when the kernel no longer knows the message. */
    boolean reply(Function<Arena, MemorySegment> response) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            int result = calls.node().write(response.apply(arena));
            if (result == -Errno.ENOENT) {
                return false;
            }
            check("write", result, DevResponseLayout.SIZE);
            return true;
        }
    }

    private void check(String call, int result, int size) throws LinuxException {
        if (result < 0) {
            throw new LinuxException(call, calls.object(), -result);
        }
        if (result != size) {
            throw new LinuxException(call, calls.object(), Errno.EPROTO, result + " bytes instead of " + size);
        }
    }
}
