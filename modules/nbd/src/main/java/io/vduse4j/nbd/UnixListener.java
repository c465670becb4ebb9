package io.vduse4j.nbd;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A listening socket at a path, for its owner alone. It appears there with its final mode and never takes the place of
 * anything but a socket that nobody listens on (TM-06).
 */
final class UnixListener implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(UnixListener.class.getPackageName());
    private static final String MODE = "rw-------";

    /** Longest path: sun_path of struct sockaddr_un less the zero at its end. */
    private static final int MAX_PATH = 107;

    /** What {@link #aside} adds to the path of the folder: a slash and seven characters, and the socket in it. */
    private static final int ASIDE_BYTES = 10;

    private static final int MOST_ATTEMPTS = 16;

    private final ServerSocketChannel channel;
    private final Path path;
    private final Object identity;

    private UnixListener(ServerSocketChannel channel, Path path, Object identity) {
        this.channel = channel;
        this.path = path;
        this.identity = identity;
    }

    /**
     * Listens.
     *
     * @param path absolute, in a folder that exists; a socket there that nobody listens on any more is replaced
     * @param backlog connections that may wait to be accepted
     * @throws LinuxException EADDRINUSE if somebody listens there, EEXIST if something else is there
     */
    static UnixListener open(Path path, int backlog) throws IOException {
        var folder = Objects.requireNonNullElse(path.getParent(), Path.of("/"));
        if (bytes(path) > MAX_PATH || bytes(folder) + ASIDE_BYTES > MAX_PATH) {
            throw new LinuxException(
                    "listen",
                    path.toString(),
                    Errno.ENAMETOOLONG,
                    "a socket's path has at most " + MAX_PATH + " bytes");
        }
        if (!Files.isDirectory(folder)) {
            throw new LinuxException("listen", path.toString(), Errno.ENOENT, "there is no folder " + folder);
        }
        if (!Files.isWritable(folder)) {
            throw new LinuxException("listen", path.toString(), Errno.EACCES, "sockets cannot be made in " + folder);
        }
        removeStale(path);
        var aside = aside(folder);
        var socket = aside.resolve("s");
        var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(socket), backlog);
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString(MODE));
            Files.createLink(path, socket);
            return new UnixListener(channel, path, identity(socket));
        } catch (FileAlreadyExistsException lost) {
            channel.close();
            throw new LinuxException("listen", path.toString(), Errno.EADDRINUSE, "another server was faster");
        } catch (IOException | RuntimeException failure) {
            channel.close();
            throw failure;
        } finally {
            Files.deleteIfExists(socket);
            Files.deleteIfExists(aside);
        }
    }

    private static int bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8).length;
    }

    /** A folder of mode 0700 beside the path: nobody can connect before the socket has its own mode. */
    private static Path aside(Path folder) throws IOException {
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        for (int i = 0; i < MOST_ATTEMPTS; i++) {
            var name = ".%06x".formatted(ThreadLocalRandom.current().nextInt(1 << 24));
            try {
                return Files.createDirectory(folder.resolve(name), mode);
            } catch (FileAlreadyExistsException taken) {
                LOG.log(System.Logger.Level.DEBUG, "{0} is taken", name);
            }
        }
        throw new LinuxException("listen", folder.toString(), Errno.EEXIST, "no folder can be made there");
    }

    private static void removeStale(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        var found = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isOther()) {
            throw new LinuxException(
                    "listen", path.toString(), Errno.EEXIST, "it is not a socket: name another path, or remove it");
        }
        try (var probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException nobody) {
            if (Objects.equals(found.fileKey(), identity(path))) {
                LOG.log(System.Logger.Level.INFO, "replacing the socket " + path + ", which nobody listens on");
                Files.delete(path);
            }
            return;
        }
        throw new LinuxException("listen", path.toString(), Errno.EADDRINUSE, "a server listens there: stop it");
    }

    private static Object identity(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    ServerSocketChannel channel() {
        return channel;
    }

    /** Listens no more, and removes the path unless somebody else has put something there. */
    @Override
    public void close() throws IOException {
        channel.close();
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && identity.equals(identity(path))) {
            Files.deleteIfExists(path);
        }
    }
}
