package io.vduse4j.cli;

import picocli.CommandLine.IVersionProvider;

/** The answer to {@code --version}: this program, the JDK and the kernel, which is what a report of a fault needs. */
final class VersionText implements IVersionProvider {
    @Override
    public String[] getVersion() {
        var version = Main.class
                .getModule()
                .getDescriptor()
                .rawVersion()
                .orElse("(version unknown: not started from its jars)");
        return new String[] {
            "vduse " + version + " (JDK " + Runtime.version() + ", " + System.getProperty("os.name") + " "
                    + System.getProperty("os.version") + ", " + System.getProperty("os.arch") + ")"
        };
    }
}
