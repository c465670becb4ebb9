package io.vduse4j.vduse.host.linux;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.OpenFlags;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Attributes of sysfs: a line of text read or written by one system call, with the errno that the kernel gave. */
final class SysfsFile {
    /** An attribute is never longer than a page of any kernel. */
    private static final int MAX_BYTES = 65536;

    private SysfsFile() {}

    /** Returns the text without white space around it. */
    static String read(String path) throws LinuxException {
        try (var fd = Fd.open(path, OpenFlags.O_RDONLY);
                var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(MAX_BYTES);
            long count = fd.read(buffer.address(), MAX_BYTES);
            if (count < 0) {
                throw new LinuxException("read", path, (int) -count);
            }
            var bytes = buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
            return new String(bytes, StandardCharsets.UTF_8).strip();
        }
    }

    /** Writes the text by one call, as sysfs wants it. */
    static void write(String path, String text) throws LinuxException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        try (var fd = Fd.open(path, OpenFlags.O_WRONLY);
                var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(bytes.length);
            MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
            long count = fd.write(buffer.address(), bytes.length);
            if (count < 0) {
                throw new LinuxException("write", path, (int) -count);
            }
            if (count != bytes.length) {
                throw new LinuxException("write", path, Errno.EIO, "took " + count + " of " + bytes.length + " bytes");
            }
        }
    }
}
