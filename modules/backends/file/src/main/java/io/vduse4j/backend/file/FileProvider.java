package io.vduse4j.backend.file;

import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.BackendProvider;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

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

    @Override
    public Backend open(String rest, BackendOptions options) throws IOException {
        Path path;
        try {
            path = Path.of(rest).toAbsolutePath();
        } catch (InvalidPathException problem) {
            throw new LinuxException("open", rest, Errno.EINVAL, problem.getReason());
        }
        if (rest.isEmpty()) {
            throw new LinuxException("open", "file:", Errno.EINVAL, "name a file");
        }
        return new FileOpener(path, options).open();
    }
}
