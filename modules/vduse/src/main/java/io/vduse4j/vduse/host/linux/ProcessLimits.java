package io.vduse4j.vduse.host.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What this process may do.
 *
 * @param uid effective user
 * @param capNetAdmin whether CAP_NET_ADMIN is effective
 * @param memlock soft RLIMIT_MEMLOCK in bytes; {@link Long#MAX_VALUE} for no limit
 */
record ProcessLimits(int uid, boolean capNetAdmin, long memlock) {
    /** {@code CAP_NET_ADMIN} of {@code linux/capability.h}. */
    private static final int CAP_NET_ADMIN = 12;

    private static final Pattern UID = Pattern.compile("^Uid:\\s+\\d+\\s+(\\d+)", Pattern.MULTILINE);
    private static final Pattern CAP_EFF = Pattern.compile("^CapEff:\\s+(\\p{XDigit}+)", Pattern.MULTILINE);
    private static final Pattern MEMLOCK = Pattern.compile("^Max locked memory\\s+(\\d+|unlimited)", Pattern.MULTILINE);

    /** Reads {@code /proc/self}. */
    static ProcessLimits read(Path root) throws IOException {
        var self = root.resolve("proc/self");
        var status = Files.readString(self.resolve("status"));
        var memlock = find(MEMLOCK, Files.readString(self.resolve("limits")));
        return new ProcessLimits(
                Integer.parseUnsignedInt(find(UID, status)),
                (Long.parseUnsignedLong(find(CAP_EFF, status), 16) >> CAP_NET_ADMIN & 1) == 1,
                memlock.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(memlock));
    }

    private static String find(Pattern pattern, String text) throws IOException {
        var matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IOException("/proc/self has no line like " + pattern);
        }
        return matcher.group(1);
    }
}
