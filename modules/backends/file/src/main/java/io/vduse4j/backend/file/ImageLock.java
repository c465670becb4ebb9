package io.vduse4j.backend.file;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.FileLock;
import io.vduse4j.linux.LinuxException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The lock of an image: one writer, or several that only read. It is taken on the very descriptor for I/O, so that the
 * kernel keeps it as long as it works on the last request of that descriptor, also when the process was killed meanwhile
 * (J-12). Who waits for it comes after its predecessor's last write (CR-07).
 */
final class ImageLock {
    private static final System.Logger LOG = System.getLogger(ImageLock.class.getPackageName());

    /** A predecessor that was just killed, or udev that probes a device, lets go within this time. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** One that was killed and still has requests in the kernel; less than the 30 s after which a kernel gives a device up. */
    private static final Duration DYING = Duration.ofSeconds(20);

    private static final Duration SAY_EVERY = Duration.ofSeconds(3);
    private static final long RETRY_MILLIS = 20;

    private final Fd fd;
    private final Path path;
    private final boolean exclusive;

    /**
     * Prepares.
     *
     * @param fd the descriptor for I/O
     * @param path its name, for people
     * @param exclusive false for one that only reads
     */
    ImageLock(Fd fd, Path path, boolean exclusive) {
        this.fd = fd;
        this.path = path;
        this.exclusive = exclusive;
    }

    /**
     * Takes it; {@link #PATIENCE} is waited for it at least, and {@link #DYING} if whoever has it was killed.
     *
     * @param fence how long to wait for a predecessor, whatever becomes of it
     * @throws LinuxException EBUSY if somebody else has it still
     */
    void take(Duration fence) throws LinuxException {
        long limit = Math.max(fence.toNanos(), PATIENCE.toNanos());
        long start = System.nanoTime();
        long said = 0;
        while (!FileLock.tryLock(fd, exclusive)) {
            long waited = System.nanoTime() - start;
            if (waited > limit && limit < DYING.toNanos() && LockHolder.isDying(FileIo.status(fd))) {
                limit = DYING.toNanos();
            }
            if (waited > limit) {
                throw busy(waited);
            }
            if (waited - said > SAY_EVERY.toNanos()) {
                said = waited;
                LOG.log(
                        System.Logger.Level.WARNING,
                        "file:" + path + ": waits for the last requests of " + holder() + ": " + seconds(waited)
                                + " of at most " + seconds(limit));
            }
            sleep();
        }
        if (said > 0) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "file:" + path + ": its predecessor has ended after " + seconds(System.nanoTime() - start));
        }
    }

    private LinuxException busy(long waited) throws LinuxException {
        return new LinuxException(
                "lock",
                path.toString(),
                Errno.EBUSY,
                "in use by " + holder()
                        + (exclusive ? ": one writer, or several that only read" : "")
                        + (waited < 2 * PATIENCE.toNanos() ? "" : "; waited " + seconds(waited)));
    }

    private String holder() throws LinuxException {
        return LockHolder.of(FileIo.status(fd));
    }

    private void sleep() throws LinuxException {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new LinuxException("lock", path.toString(), Errno.EINTR);
        }
    }

    private static String seconds(long nanos) {
        return Duration.ofNanos(nanos).toSeconds() + " s";
    }
}
