package io.vduse4j.block.spi;

import io.vduse4j.block.Backend;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Finds the provider for what a user wrote, and opens. */
public final class Backends {
    private static final String FILE = "file";

    private Backends() {}

    /**
     * Opens a volume.
     *
     * @param text {@code SCHEME:REST}, or the path of a file: what has no colon, or a slash before the first one
     * @param options what the user asked for
     * @throws IOException a {@link LinuxException} with the errno that says what is wrong; EINVAL for an unknown scheme
     */
    public static Backend open(String text, BackendOptions options) throws IOException {
        var meant = find(text);
        return meant.provider().open(meant.rest(), options);
    }

    /**
     * Tells which texts mean the same storage ({@link BackendProvider#identity}).
     *
     * @param text as {@link #open} takes it
     * @throws IOException a {@link LinuxException}: EINVAL for an unknown scheme, or a text that its provider refuses
     */
    public static Optional<String> identity(String text) throws IOException {
        var meant = find(text);
        return meant.provider().identity(meant.rest());
    }

    private record Meant(BackendProvider provider, String rest) {}

    private static Meant find(String text) throws LinuxException {
        if (text.isEmpty() || text.indexOf('\0') >= 0) {
            throw new LinuxException("open", "\"\"", Errno.EINVAL, "name a backend: a path, or one of " + schemes());
        }
        int colon = text.indexOf(':');
        boolean path = colon < 0 || text.lastIndexOf('/', colon) >= 0;
        String scheme = path ? FILE : text.substring(0, colon);
        for (var provider : providers()) {
            if (provider.scheme().equals(scheme)) {
                return new Meant(provider, path ? text : text.substring(colon + 1));
            }
        }
        throw new LinuxException(
                "open",
                text,
                Errno.EINVAL,
                "there is no backend \"" + scheme + "\", only " + schemes() + "; a file of that name is ./" + text);
    }

    /** Returns all that can be opened here, by scheme. */
    public static List<BackendProvider> providers() {
        return ServiceLoader.load(BackendProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparing(BackendProvider::scheme))
                .toList();
    }

    private static String schemes() {
        return providers().stream().map(provider -> provider.scheme() + ":").collect(Collectors.joining(", "));
    }
}
