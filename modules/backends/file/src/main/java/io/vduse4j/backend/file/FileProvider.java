package io.vduse4j.backend.file;

import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.BackendProvider;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** {@code file:PATH}: an image file or a host block device. */
public final class FileProvider implements BackendProvider {

    /** Made by the service loader. */
    public FileProvider() {}

    @Override
    public String scheme() {
        return "file";
    }

    @Override
    public String summary() {
        return "an image file or a host block device: file:disk.img, /dev/sdb; --size creates a file";
    }

    /** The real path: a file may be reached by several names. One that is yet to be made has that of its folder. */
    @Override
    public Optional<String> identity(String rest) throws IOException {
        var path = path(rest);
        var folder = path.getParent();
        if (!Files.exists(path) && folder != null && Files.isDirectory(folder)) {
            return Optional.of("file:" + folder.toRealPath().resolve(path.getFileName()));
        }
        return Optional.of("file:" + (Files.exists(path) ? path.toRealPath() : path));
    }

    @Override
    public Backend open(String rest, BackendOptions options) throws IOException {
        return new FileOpener(path(rest), options).open();
    }

    private static Path path(String rest) throws LinuxException {
        if (rest.isEmpty()) {
            throw new LinuxException("open", "file:", Errno.EINVAL, "name a file");
        }
        try {
            return Path.of(rest).toAbsolutePath();
        } catch (InvalidPathException problem) {
            throw new LinuxException("open", rest, Errno.EINVAL, problem.getReason());
        }
    }
}
