package io.vduse4j.linux;

import java.lang.foreign.Arena;

/** Mounting file systems: for root, or inside of a user namespace. */
public final class Mount {
    private Mount() {}

    /** Set-user-id bits of programs there have no effect (sys/mount.h). */
    public static final int MS_NOSUID = 2;

    /** Device files there cannot be opened (sys/mount.h). */
    public static final int MS_NODEV = 4;

    static final int MNT_FORCE = 1;
    static final int MNT_DETACH = 2;

    /**
     * Mounts; see {@code mount(2)}.
     *
     * @param source what the table of mounts calls it
     * @param target where
     * @param type the file system
     * @param flags of {@code MS_…}
     * @param data what the file system wants to be told, in its own words
     */
    public static void mount(String source, String target, String type, int flags, String data) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            long result = Syscall.call(
                    SyscallNumber.MOUNT,
                    NativeStrings.allocate(arena, source).address(),
                    NativeStrings.allocate(arena, target).address(),
                    NativeStrings.allocate(arena, type).address(),
                    flags,
                    NativeStrings.allocate(arena, data).address(),
                    0);
            Syscall.orThrow(result, "mount", target);
        }
    }

    /**
     * Takes the last mount at a place away. Files that are open there stay open, and the file system goes with the last of
     * them.
     */
    public static void detach(String target) throws LinuxException {
        unmount(target, MNT_DETACH);
    }

    /** Lets a file system that somebody else serves, FUSE for one, answer nothing more: who waits for it gets an error. */
    public static void abort(String target) throws LinuxException {
        unmount(target, MNT_FORCE);
    }

    private static void unmount(String target, int flags) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            long result = Syscall.call(
                    SyscallNumber.UMOUNT2, NativeStrings.allocate(arena, target).address(), flags, 0);
            Syscall.orThrow(result, "umount", target);
        }
    }
}
