package io.vduse4j.cli;

import io.vduse4j.vduse.host.NodeName;
import java.util.regex.Pattern;

/** Names of disks: what is safe as a file name, in a log and in a shell (TM-06). */
final class DeviceName {
    private DeviceName() {}

    private static final int MAX = 64;
    private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0," + (MAX - 1) + "}");

    /** Returns what is wrong with a name, or the empty string. */
    static String fault(String name) {
        if (!GRAMMAR.matcher(name).matches()) {
            return "must be 1 to " + MAX + " of the characters A-Z a-z 0-9 . _ - and not begin with a dot";
        }
        return name.equals(NodeName.CONTROL) ? "is the name of VDUSE's own node" : "";
    }

    /**
     * Names a disk whose user did not: {@code disk-} and the file name of its backend, or the scheme where there is no
     * file. Other characters become dashes. It is the same each time, so a disk is not served twice by mistake.
     */
    static String of(String backend) {
        int colon = backend.indexOf(':');
        boolean isPath = BackendText.isPath(backend);
        boolean isFile = BackendText.isFile(backend);
        var path = isPath || !isFile ? backend : backend.substring(colon + 1);
        var trimmed = path.replaceAll("/+$", "");
        var base = isFile ? trimmed.substring(trimmed.lastIndexOf('/') + 1) : backend.substring(0, colon);
        var name = "disk-" + base.replaceAll("[^A-Za-z0-9._-]", "-");
        return name.substring(0, Math.min(name.length(), MAX));
    }
}
