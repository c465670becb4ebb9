package io.vduse4j.vduse.host.linux;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.NodeName;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Why a node of {@code /dev/vduse} cannot be opened, and what to do about it (kernel-behaviour 2.1). */
final class NodeHints {
    private NodeHints() {}

    /** Returns the failure with a hint where there is one. */
    static LinuxException explain(LinuxException failure, String node, Path root) {
        var hint = of(failure, node, root);
        if (hint.isEmpty()) {
            return failure;
        }
        var explained = new LinuxException(failure.call(), failure.object(), failure.errno(), hint);
        explained.initCause(failure);
        return explained;
    }

    /** Returns the hint, or the empty string where the errno says it all. */
    static String of(LinuxException failure, String node, Path root) {
        return switch (failure.errno()) {
            case Errno.ENOENT, Errno.ENOTDIR ->
                node.equals(NodeName.CONTROL)
                        ? "the vduse module is not loaded: modprobe vduse (kernel needs CONFIG_VDPA_USER)"
                        : "there is no VDUSE device of that name";
            case Errno.EACCES, Errno.EPERM ->
                "only root may by default: run as root, or give the user the node (udev rule, chown)";
            case Errno.ENODEV, Errno.ENXIO -> "the device was destroyed";
            case Errno.EBUSY ->
                holder(failure.object(), root)
                        .map(pid -> "process " + pid + " has the device open")
                        .orElse("another process has the device open");
            default -> "";
        };
    }

    /** Looks for the process that has a path open; finds nothing where {@code /proc} does not show it to us. */
    private static Optional<String> holder(String path, Path root) {
        try (var processes = Files.newDirectoryStream(root.resolve("proc"), "[0-9]*")) {
            for (var process : processes) {
                if (hasOpen(process, path)) {
                    return Optional.of(process.getFileName().toString());
                }
            }
            return Optional.empty();
        } catch (IOException | DirectoryIteratorException unreadable) {
            return Optional.empty();
        }
    }

    private static boolean hasOpen(Path process, String path) {
        try (var descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (var descriptor : descriptors) {
                if (Files.readSymbolicLink(descriptor).toString().equals(path)) {
                    return true;
                }
            }
            return false;
        } catch (IOException | DirectoryIteratorException otherUsersOrGone) {
            return false;
        }
    }
}
