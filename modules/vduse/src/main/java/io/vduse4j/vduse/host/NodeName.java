package io.vduse4j.vduse.host;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.nio.charset.StandardCharsets;

/**
 * What may name a VDUSE device. The kernel takes nearly any bytes, turns {@code '/'} into {@code '!'} and does not refuse
 * {@code ".."} (kernel-behaviour 2.2); a name becomes a part of paths here, so every host refuses what is not one plain
 * file name.
 */
public final class NodeName {
    private NodeName() {}

    /** The node through which devices are created; no device can have its name. */
    public static final String CONTROL = "control";

    /** Longest name in bytes of UTF-8: {@code VDUSE_NAME_MAX} without its NUL. */
    public static final int MAX_BYTES = 255;

    /**
     * Checks a name before it reaches a path or a structure.
     *
     * @param call the operation that the error names
     * @param name the name
     * @throws LinuxException EINVAL, with the rule that the name breaks
     */
    public static void check(String call, String name) throws LinuxException {
        var fault = fault(name);
        if (!fault.isEmpty()) {
            throw new LinuxException(call, printable(name), Errno.EINVAL, fault);
        }
    }

    private static String fault(String name) {
        if (name.isEmpty()) {
            return "the name of a device cannot be empty";
        }
        if (name.indexOf('/') >= 0) {
            return "the name of a device cannot contain '/'";
        }
        if (name.equals(".") || name.equals("..")) {
            return "the name of a device cannot be a directory";
        }
        if (name.chars().anyMatch(Character::isISOControl)) {
            return "the name of a device cannot contain control characters";
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            return "the name of a device has at most " + MAX_BYTES + " bytes";
        }
        return "";
    }

    /** The name in quotes, so short and so plain that it can stand in a line of a log. */
    private static String printable(String name) {
        var shown = name.length() > 64 ? name.substring(0, 64) + "..." : name;
        return '"' + shown.replaceAll("\\p{Cntrl}", "?") + '"';
    }
}
