package io.vduse4j.testkit;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** The forms of argument that the calls of vhost-vdpa take, and their errors. */
final class VhostIoctls {

    private final VhostNode node;

    VhostIoctls(VhostNode node) {
        this.node = node;
    }

    /** Reads a number of 1, 2, 4 or 8 bytes; the machine is little-endian. */
    long get(int request, String name, int bytes) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(8, 8);
            control(request, name, number);
            long value = number.get(JAVA_LONG, 0);
            return bytes == 8 ? value : value & ((1L << (8 * bytes)) - 1);
        }
    }

    /** Passes a number of at most 8 bytes by its address; the machine is little-endian. */
    void set(int request, String name, long value) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            control(request, name, arena.allocateFrom(JAVA_LONG, value));
        }
    }

    /** Passes a {@code vhost_vring_state} and returns its number as the kernel leaves it. */
    int state(int request, String name, int index, int value) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(VhostLayout.VRING_STATE_SIZE, 4);
            state.set(JAVA_INT, VhostLayout.VRING_STATE_INDEX, index);
            state.set(JAVA_INT, VhostLayout.VRING_STATE_NUM, value);
            control(request, name + " of " + index, state);
            return state.get(JAVA_INT, VhostLayout.VRING_STATE_NUM);
        }
    }

    /** Passes a {@code vhost_vring_file}. */
    void file(int request, String name, int queue, Optional<EventFd> event) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment file = arena.allocate(VhostLayout.VRING_FILE_SIZE, 4);
            file.set(JAVA_INT, VhostLayout.VRING_FILE_INDEX, queue);
            file.set(JAVA_INT, VhostLayout.VRING_FILE_FD, number(event));
            control(request, name + " of queue " + queue, file);
        }
    }

    /** The descriptor, or what stands for none. */
    static int number(Optional<EventFd> event) {
        return event.map(open -> open.fd().number()).orElse(VhostLayout.FILE_UNBIND);
    }

    void control(int request, String name, MemorySegment argument) throws LinuxException {
        long result = node.ioctl(request, argument);
        if (result < 0) {
            throw new LinuxException(name, node.name(), (int) -result);
        }
    }
}
