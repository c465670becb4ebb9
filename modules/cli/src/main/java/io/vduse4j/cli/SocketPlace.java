package io.vduse4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a door listens.
 *
 * @param path of the socket
 * @param folder made for it, if the user has named no path: one that nobody else can guess or reach
 */
record SocketPlace(Path path, Optional<Path> folder) {

    /** Takes the user's path, or makes a folder for a socket of this name. */
    static SocketPlace of(RunSettings settings, String name) throws IOException {
        if (settings.socket().isPresent()) {
            return new SocketPlace(settings.socket().get(), Optional.empty());
        }
        var folder = Files.createTempDirectory("vduse-");
        return new SocketPlace(folder.resolve(name), Optional.of(folder));
    }

    /** Removes the folder that was made; the socket must have gone. */
    void remove() throws IOException {
        if (folder.isPresent()) {
            Files.deleteIfExists(folder.get());
        }
    }
}
