package io.vduse4j.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Sending and receiving of {@link UnixSocket}. */
final class UnixTransfer {
    private UnixTransfer() {}

    /** How much of a buffer on the heap, which the kernel cannot reach, is copied at a time. */
    private static final int COPY_SIZE = 64 << 10;

    private static void checkCount(int descriptors) {
        if (descriptors < 0 || descriptors > SocketLayout.SCM_MAX_FD) {
            throw new IllegalArgumentException(
                    "descriptors in one message: " + descriptors + ", not 0 to " + SocketLayout.SCM_MAX_FD);
        }
    }

    static void send(UnixSocket socket, MemorySegment bytes, List<Fd> descriptors, long deadline)
            throws LinuxException {
        checkCount(descriptors.size());
        if (bytes.byteSize() == 0 && !descriptors.isEmpty()) {
            throw new IllegalArgumentException("descriptors cannot be sent without a byte");
        }
        var numbers = new int[descriptors.size()];
        int entered = 0;
        try (var arena = Arena.ofConfined()) {
            // Held till they are sent: a number that is closed meanwhile would pass another file to the peer (J-10).
            for (var descriptor : descriptors) {
                numbers[entered] = descriptor.enter();
                if (numbers[entered] < 0) {
                    throw new LinuxException("send", descriptor.name(), Errno.EBADF);
                }
                entered++;
            }
            var message = new DescriptorMessage(arena, numbers.length);
            if (numbers.length > 0) {
                message.putDescriptors(numbers);
            }
            sendAll(socket, bytes, message, arena, deadline);
        } finally {
            for (int i = 0; i < entered; i++) {
                descriptors.get(i).leave();
            }
        }
    }

    private static void sendAll(
            UnixSocket socket, MemorySegment bytes, DescriptorMessage message, Arena arena, long deadline)
            throws LinuxException {
        long size = bytes.byteSize();
        var copy = bytes.isNative() ? MemorySegment.NULL : arena.allocate(Math.min(size, COPY_SIZE), 1);
        for (long sent = 0; sent < size; ) {
            if (bytes.isNative()) {
                message.buffer(bytes.address() + sent, size - sent);
            } else {
                long part = Math.min(size - sent, COPY_SIZE);
                MemorySegment.copy(bytes, sent, copy, 0, part);
                message.buffer(copy.address(), part);
            }
            int flags = SocketLayout.MSG_DONTWAIT | SocketLayout.MSG_NOSIGNAL;
            long result = socket.fd().onThis(SyscallNumber.SENDMSG, message.address(), flags, 0, 0, 0);
            if (result > 0) {
                sent += result;
                message.dropDescriptors();
            } else {
                socket.waitOrThrow(result, Poll.POLLOUT, deadline, "send");
            }
        }
    }

    static UnixSocket.Received receive(UnixSocket socket, MemorySegment buffer, int maxDescriptors, long deadline)
            throws LinuxException {
        checkCount(maxDescriptors);
        if (buffer.byteSize() == 0 || buffer.isReadOnly()) {
            throw new IllegalArgumentException("nothing can be received into " + buffer);
        }
        try (var arena = Arena.ofConfined()) {
            var target = buffer.isNative() ? buffer : arena.allocate(Math.min(buffer.byteSize(), COPY_SIZE), 1);
            while (true) {
                // Made anew each time: the kernel changes it.
                var message = new DescriptorMessage(arena, maxDescriptors);
                message.buffer(target.address(), target.byteSize());
                int flags = SocketLayout.MSG_DONTWAIT | SocketLayout.MSG_CMSG_CLOEXEC;
                long result = socket.fd().onThis(SyscallNumber.RECVMSG, message.address(), flags, 0, 0, 0);
                if (result < 0) {
                    socket.waitOrThrow(result, Poll.POLLIN, deadline, "receive");
                    continue;
                }
                var descriptors = takeDescriptors(socket, message, maxDescriptors);
                if (!buffer.isNative()) {
                    MemorySegment.copy(target, 0, buffer, 0, result);
                }
                return new UnixSocket.Received(result == 0 ? -1 : result, descriptors);
            }
        }
    }

    private static List<Fd> takeDescriptors(UnixSocket socket, DescriptorMessage message, int most)
            throws LinuxException {
        var name = socket.fd().name();
        var descriptors = message.takeDescriptors(name);
        if (message.isControlTruncated()) {
            descriptors.forEach(Fd::close);
            throw new LinuxException(
                    "receive", name, Errno.EMSGSIZE, "more descriptors came than the " + most + " there is room for");
        }
        return List.copyOf(descriptors);
    }
}
