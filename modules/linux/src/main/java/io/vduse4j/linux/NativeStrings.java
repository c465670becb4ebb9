package io.vduse4j.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Strings for the kernel: UTF-8, ended by a zero byte. */
final class NativeStrings {
    private NativeStrings() {}

    /**
     * Copies a string to native memory.
     *
     * @throws IllegalArgumentException if it holds a zero byte: the kernel would see another, shorter string
     */
    static MemorySegment allocate(Arena arena, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a zero byte in \"" + text.replace("\0", "\\0") + "\"");
        }
        return arena.allocateFrom(text);
    }
}
