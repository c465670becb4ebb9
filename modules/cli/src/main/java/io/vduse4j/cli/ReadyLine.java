package io.vduse4j.cli;

import io.vduse4j.daemon.ServedDisk;
import java.util.Locale;

/** One line about a disk that can be used from now on. */
final class ReadyLine {
    private ReadyLine() {}

    /**
     * Returns the line.
     *
     * @param began when it was asked for, in {@link System#nanoTime}
     */
    static String of(RunSettings settings, ServedDisk disk, long began) {
        long millis = (System.nanoTime() - began) / 1_000_000;
        var door = settings.door() == Door.NBD
                ? settings.door().text()
                : settings.queues() + (settings.queues() == 1 ? " queue × " : " queues × ") + settings.queueSize()
                        + ", "
                        + (settings.door() == Door.VDUSE
                                ? settings.bus().name().toLowerCase(Locale.ROOT)
                                : settings.door().text());
        return settings.name() + ": " + disk.backend() + " " + SizeText.of(disk.size()) + ", " + door + ", ready in "
                + millis + " ms";
    }
}
