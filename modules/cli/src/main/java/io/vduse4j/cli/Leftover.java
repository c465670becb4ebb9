package io.vduse4j.cli;

/** What to do about a device that is served by nobody. */
final class Leftover {
    private Leftover() {}

    /** For a disk that was left as it was asked to be. */
    static String text(RunSettings settings) {
        return settings.name() + ": left on the vdpa bus, its driver waits: " + advice(settings);
    }

    private static String advice(RunSettings settings) {
        var place = settings.host().equals("auto") ? "" : " --host " + settings.host();
        return "go on with \"vduse run " + settings.backend() + " --name " + settings.name() + place
                + "\", or end it with \"vduse abort " + settings.name() + place + "\"";
    }
}
