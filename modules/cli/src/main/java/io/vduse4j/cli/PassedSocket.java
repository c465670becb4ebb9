package io.vduse4j.cli;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.SocketFile;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A listening socket that this process was started with: by its number, or as systemd passes those of socket units
 * (sd_listen_fds(3)).
 *
 * @param text as the user wrote it
 * @param number the descriptor, if the user has said it
 * @param name which of systemd's sockets; empty for the only one
 */
record PassedSocket(String text, OptionalInt number, String name) {

    private static final String FD = "fd:";
    private static final String SYSTEMD = "systemd";

    /** SD_LISTEN_FDS_START: systemd's first descriptor. */
    private static final int FIRST = 3;

    /** Far above what a socket unit can hold, and no sum of it overflows. */
    private static final int MOST = 1 << 16;

    /** Whether a text names such a socket, well or badly, and not a path. */
    static boolean isMeant(String text) {
        return text.startsWith(FD) || text.equals(SYSTEMD) || text.startsWith(SYSTEMD + ":");
    }

    /**
     * Reads {@code fd:N}, {@code systemd} or {@code systemd:NAME}; empty for anything else, which is a path.
     *
     * @throws IllegalArgumentException if N is no number of a descriptor, or there is no NAME
     */
    static Optional<PassedSocket> of(String text) {
        if (text.startsWith(FD)) {
            var number = number(text.substring(FD.length()));
            if (number.isEmpty()) {
                throw new IllegalArgumentException("must be fd:N, with the number of an open descriptor");
            }
            return Optional.of(new PassedSocket(text, number, ""));
        }
        if (text.equals(SYSTEMD)) {
            return Optional.of(new PassedSocket(text, OptionalInt.empty(), ""));
        }
        if (text.startsWith(SYSTEMD + ":")) {
            var name = text.substring(SYSTEMD.length() + 1);
            if (name.isEmpty()) {
                throw new IllegalArgumentException(
                        "must be systemd:NAME, with the FileDescriptorName= of the socket unit");
            }
            return Optional.of(new PassedSocket(text, OptionalInt.empty(), name));
        }
        return Optional.empty();
    }

    private static OptionalInt number(String digits) {
        return digits.matches("[0-9]{1,9}") ? OptionalInt.of(Integer.parseInt(digits)) : OptionalInt.empty();
    }

    /**
     * Takes it.
     *
     * @param environment of this process
     * @param pid of this process
     * @throws LinuxException if systemd has passed no such socket, or it is not one that listens
     */
    SocketFile open(Map<String, String> environment, long pid) throws LinuxException {
        int descriptor = number.isPresent() ? number.getAsInt() : ofSystemd(environment, pid);
        return SocketFile.passed(descriptor, number.isPresent() ? text : text + " (fd:" + descriptor + ")");
    }

    private int ofSystemd(Map<String, String> environment, long pid) throws LinuxException {
        var owner = environment.getOrDefault("LISTEN_PID", "");
        if (!owner.equals(Long.toString(pid))) {
            throw refused(
                    owner.isEmpty()
                            ? "LISTEN_PID is not set: no socket unit has started this process"
                            : "LISTEN_PID is " + owner + ", and this is process " + pid);
        }
        int count = number(environment.getOrDefault("LISTEN_FDS", "")).orElse(0);
        if (count < 1 || count > MOST) {
            throw refused("LISTEN_FDS is " + environment.getOrDefault("LISTEN_FDS", "not set")
                    + ": there must be a socket, and at most " + MOST);
        }
        var names = names(environment, count);
        var found = IntStream.range(0, count)
                .filter(i -> name.isEmpty() || names.get(i).equals(name))
                .toArray();
        if (found.length != 1) {
            throw refused(found.length + " sockets of " + names + (name.isEmpty() ? "" : " have this name")
                    + "; say by systemd:NAME which is meant");
        }
        return FIRST + found[0];
    }

    /** One for each descriptor; sd_listen_fds_with_names(3) calls those without a name "unknown". */
    private static List<String> names(Map<String, String> environment, int count) {
        var text = environment.get("LISTEN_FDNAMES");
        var names = text == null ? List.<String>of() : Arrays.asList(text.split(":", -1));
        return names.size() == count ? names : Collections.nCopies(count, "unknown");
    }

    private LinuxException refused(String why) {
        return new LinuxException("take", text, Errno.EINVAL, why);
    }
}
