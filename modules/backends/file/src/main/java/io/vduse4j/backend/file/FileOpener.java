package io.vduse4j.backend.file;

import io.vduse4j.block.Backend;
import io.vduse4j.block.CopyingBackend;
import io.vduse4j.block.DurabilityLatch;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.FileStatus;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.OpenFlags;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * Opens a file or block device step by step: look, create or open, look again at what was opened, lock, measure.
 *
 * <p>Symbolic links are followed: {@code /dev/disk/by-id} and every logical volume is one, and so are images that people
 * keep elsewhere. What counts is what was opened, so its type is asked of the descriptor (TM-06).
 */
final class FileOpener {
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    private final Path path;
    private final BackendOptions options;
    private final Function<Fd, DurabilityLatch.Sync> syncs;

    /**
     * Prepares.
     *
     * @param path absolute
     */
    FileOpener(Path path, BackendOptions options) {
        this(path, options, fd -> () -> fdatasync(fd));
    }

    /** As above, with another way to make things stable: a test's. */
    FileOpener(Path path, BackendOptions options, Function<Fd, DurabilityLatch.Sync> syncs) {
        this.path = path;
        this.options = options;
        this.syncs = syncs;
    }

    private static void fdatasync(Fd fd) throws LinuxException {
        long result = FileIo.fdatasync(fd);
        if (result < 0) {
            throw new LinuxException("fdatasync", fd.name(), (int) -result);
        }
    }

    /** Opens; leaves nothing behind if it fails. */
    Backend open() throws IOException {
        var found = look();
        int flags = (options.readOnly() ? OpenFlags.O_RDONLY : OpenFlags.O_RDWR)
                | (options.direct() ? OpenFlags.O_DIRECT : 0);
        var fd = found.isPresent() ? openExisting(found.get(), flags) : NewImage.create(path, flags);
        try {
            new ImageLock(fd, path, !options.readOnly()).take(options.fence());
            if (found.isEmpty()) {
                NewImage.format(path, fd, options.size().getAsLong());
            }
            return serve(fd);
        } catch (IOException | RuntimeException problem) {
            fd.close();
            if (found.isEmpty()) {
                NewImage.remove(path, problem);
            }
            throw problem;
        }
    }

    /** Returns what there is; empty if it is to be created. */
    private Optional<FileStatus> look() throws LinuxException {
        try {
            var status = FileIo.status(path.toString());
            checkType(status);
            return Optional.of(status);
        } catch (LinuxException problem) {
            if (problem.errno() == Errno.ENOENT && options.size().isPresent() && !options.readOnly()) {
                return Optional.empty();
            }
            throw problem.call().equals("statx") ? OpenHints.of(problem, path) : problem;
        }
    }

    private void checkType(FileStatus status) throws LinuxException {
        if (status.isDirectory()) {
            throw new LinuxException("open", path.toString(), Errno.EISDIR, "name a file in it");
        }
        if (!status.isRegular() && !status.isBlockDevice()) {
            throw OpenHints.invalid(path, "neither a regular file nor a block device");
        }
    }

    private Fd openExisting(FileStatus found, int flags) throws LinuxException {
        // O_EXCL asks the kernel whether the device is mounted or claimed.
        int claim = found.isBlockDevice() && !options.readOnly() ? OpenFlags.O_EXCL : 0;
        Fd fd;
        try {
            fd = Fd.open(path.toString(), flags | claim);
        } catch (LinuxException problem) {
            throw problem.errno() == Errno.EINVAL && options.direct()
                    ? OpenHints.noDirect(path)
                    : OpenHints.of(problem, path);
        }
        try {
            if (!FileIo.status(fd).isSameFile(found)) {
                throw new LinuxException("open", path.toString(), Errno.EAGAIN, "it was replaced meanwhile: try again");
            }
            return fd;
        } catch (LinuxException problem) {
            fd.close();
            throw problem;
        }
    }

    private Backend serve(Fd fd) throws IOException {
        String name = "file:" + path;
        var status = FileIo.status(fd);
        var memory = MemoryBudget.process().child(name, Long.MAX_VALUE);
        try {
            Storage storage;
            Geometry geometry;
            if (status.isBlockDevice()) {
                var device = new DeviceStorage(fd, status, memory);
                if (device.isReadOnly() && !options.readOnly()) {
                    throw new LinuxException(
                            "open", path.toString(), Errno.EROFS, "the device is read-only: --read-only serves it");
                }
                storage = device;
                geometry = Geometry.ofDevice(path, device, options);
            } else {
                geometry = Geometry.ofImage(path, status, options);
                storage = new ImageStorage(fd, status, !options.readOnly(), geometry.blockSize(), memory);
            }
            var backend = new FileBackend(
                    name,
                    fd,
                    storage,
                    geometry.limits(storage, options.readOnly()),
                    geometry.size(),
                    memory,
                    syncs.apply(fd),
                    IoWay.of(fd, options.direct()),
                    LOOK_EVERY);
            return options.direct()
                    ? CopyingBackend.unaligned(backend, geometry.alignment(), MemoryBudget.process())
                    : backend;
        } catch (IOException | RuntimeException problem) {
            memory.close();
            throw problem;
        }
    }
}
