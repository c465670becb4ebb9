package io.vduse4j.linux;

import java.util.Locale;

/** The processor architectures whose system-call numbers and layouts are known here. */
enum Architecture {
    /** AMD64. */
    X86_64,
    /** ARM64, little-endian. */
    AARCH64;

    private static final class Holder {
        static final Architecture CURRENT = of(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    /**
     * The architecture this process runs on.
     *
     * @throws UnsupportedOperationException if this is not Linux, or another architecture
     */
    static Architecture current() {
        return Holder.CURRENT;
    }

    static Architecture of(String osName, String osArch) {
        if (!"Linux".equals(osName)) {
            throw new UnsupportedOperationException("Linux system calls need Linux; this is " + osName);
        }
        return switch (osArch.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> X86_64;
            case "aarch64" -> AARCH64;
            default ->
                throw new UnsupportedOperationException(
                        "no system-call numbers for architecture " + osArch + "; known are x86-64 and aarch64");
        };
    }
}
