package io.vduse4j.vduse.host.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether a kernel module is there.
 *
 * @param name its name with underscores
 * @param state what is known of it
 */
record KernelModule(String name, State state) {

    /** What is known of a module. */
    enum State {
        /** It works now. */
        LOADED,
        /** It can be loaded. */
        AVAILABLE,
        /** The kernel came without it. */
        ABSENT,
        /** It is not loaded, and the list of modules cannot be read here (as in many containers). */
        UNKNOWN
    }

    /** Looks without loading anything. */
    static KernelModule find(Path root, String release, String name) {
        if (Files.isDirectory(root.resolve("sys/module").resolve(name))) {
            return new KernelModule(name, State.LOADED);
        }
        var modules = root.resolve("lib/modules").resolve(release);
        try {
            // A module built in shows under /sys/module only if it has parameters.
            if (lists(modules.resolve("modules.builtin"), name)) {
                return new KernelModule(name, State.LOADED);
            }
            return new KernelModule(name, lists(modules.resolve("modules.dep"), name) ? State.AVAILABLE : State.ABSENT);
        } catch (IOException unreadable) {
            return new KernelModule(name, State.UNKNOWN);
        }
    }

    /** Lines begin with a path such as {@code kernel/drivers/vdpa/vdpa_user/vduse.ko.xz}. */
    private static boolean lists(Path file, String name) throws IOException {
        List<String> lines = Files.readAllLines(file);
        return lines.stream().map(KernelModule::moduleOf).anyMatch(name::equals);
    }

    private static String moduleOf(String line) {
        int colon = line.indexOf(':');
        var path = colon < 0 ? line : line.substring(0, colon);
        var file = path.substring(path.lastIndexOf('/') + 1);
        int suffix = file.indexOf(".ko");
        // A file may have dashes where the module has underscores.
        return (suffix < 0 ? file : file.substring(0, suffix)).replace('-', '_');
    }
}
