package io.vduse4j.dataplane.inflight;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Failpoint;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.FileLock;
import io.vduse4j.linux.FileStatus;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.linux.OpenFlags;
import io.vduse4j.virtio.VirtioFeatures;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The log of a device as a file, for doors whose driver keeps none: two heads that say whose it is, then the regions of
 * the queues. It needs a folder that is gone after the next boot, or at least not a slow one: nothing is ever synced.
 *
 * <p>Belongs to the thread that begins and ends the lives of the device, but for what {@link InflightLog} says.
 */
public final class LogFile implements AutoCloseable {

    private static final int PAGE = 4096;
    private static final int OWNER_ONLY = 0600;
    private static final int LOCK_ATTEMPTS = 50;
    private static final int LOCK_STEP_MILLIS = 20;

    private final Path path;
    private final String device;
    private final int queues;
    private final int queueSize;

    /** Holds the lock. */
    private final Fd fd;

    private final Mapping mapping;
    private final int headBytes;
    private final String boot;
    private Optional<LogHeader> header;

    private LogFile(Path path, String device, int queues, int queueSize, Fd fd, Mapping mapping, String boot) {
        this.fd = fd;
        this.path = path;
        this.device = device;
        this.queues = queues;
        this.queueSize = queueSize;
        this.mapping = mapping;
        this.boot = boot;
        headBytes = headBytes(queues);
        header = newest();
    }

    private static int headBytes(int queues) {
        return (LogHeader.bytes(queues) + PAGE - 1) / PAGE * PAGE;
    }

    private static long bytes(int queues, int queueSize) {
        long split = InflightLog.bytes(queues, queueSize, false);
        return 2L * headBytes(queues) + Math.max(split, InflightLog.bytes(queues, queueSize, true));
    }

    /**
     * Opens the log of a device, and makes it if there is none.
     *
     * @param path in a folder that only we can write
     * @param device name of the device, at most 64 bytes
     * @param queues number of its queues
     * @param queueSize largest size of each
     * @throws IOException a {@link LinuxException}: ELOOP for a symbolic link, EPERM if others can write it, EBUSY if another
     *     process has it
     */
    public static LogFile open(Path path, String device, int queues, int queueSize) throws IOException {
        return open(path, device, queues, queueSize, LogHeader.BOOT_ID);
    }

    /**
     * As the other one.
     *
     * @param bootId a file with what tells one run of the machine from another
     */
    public static LogFile open(Path path, String device, int queues, int queueSize, Path bootId) throws IOException {
        int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
        Fd fd = Fd.open(path.toString(), flags, OWNER_ONLY);
        try {
            requireOurs(fd, path);
            lock(fd, path);
            long bytes = bytes(queues, queueSize);
            if (FileIo.status(fd).size() != bytes) {
                FileIo.truncate(fd, 0); // of a device of another shape: none of it means anything
                FileIo.truncate(fd, bytes);
            }
            Mapping mapping = Mapping.shared(fd, 0, bytes, true, true);
            String boot = Files.readString(bootId).strip();
            return new LogFile(path, device, queues, queueSize, fd, mapping, boot);
        } catch (IOException | RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    private static void requireOurs(Fd fd, Path path) throws LinuxException {
        FileStatus status = FileIo.status(fd);
        if (!status.isRegular() || (status.permissions() & 0077) != 0) {
            throw new LinuxException(
                    "use as log of what is in flight",
                    path.toString(),
                    Errno.EPERM,
                    "it must be a file that only its user may read and write");
        }
    }

    /** A device of the same name on another host would write into it. A server that was just killed takes a moment. */
    private static void lock(Fd fd, Path path) throws LinuxException {
        for (int attempt = 0; !FileLock.tryLock(fd, true); attempt++) {
            if (attempt == LOCK_ATTEMPTS) {
                throw new LinuxException(
                        "use as log of what is in flight",
                        path.toString(),
                        Errno.EBUSY,
                        "a process serves a device of that name, on another host perhaps: choose another name");
            }
            try {
                Thread.sleep(LOCK_STEP_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LinuxException("lock", path.toString(), Errno.EINTR);
            }
        }
    }

    /**
     * Whether a process serves a device by this log.
     *
     * @throws IOException a {@link LinuxException}: ENOENT if there is none, ELOOP for a symbolic link
     */
    public static boolean isInUse(Path path) throws IOException {
        int flags = OpenFlags.O_RDWR | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
        try (Fd fd = Fd.open(path.toString(), flags)) {
            return !FileLock.tryLock(fd, true);
        }
    }

    private MemorySegment memory() {
        return NativeMemory.ALL.asSlice(mapping.address(), mapping.length());
    }

    private Optional<LogHeader> newest() {
        Optional<LogHeader> first = read(0);
        Optional<LogHeader> second = read(1);
        boolean later = second.isPresent()
                && first.map(one -> one.generation() < second.get().generation())
                        .orElse(true);
        return later ? second : first;
    }

    private Optional<LogHeader> read(int copy) {
        byte[] head = new byte[LogHeader.bytes(queues)];
        MemorySegment.copy(memory(), ValueLayout.JAVA_BYTE, (long) copy * headBytes, head, 0, head.length);
        return LogHeader.decode(head);
    }

    private void write(boolean running, LogIdentity identity) {
        long generation = header.map(LogHeader::generation).orElse(0L) + 1;
        LogHeader next = new LogHeader(generation, running, boot, identity);
        byte[] head = next.encode(queues);
        Failpoint.reach("log.head");
        VarHandle.storeStoreFence();
        MemorySegment.copy(head, 0, memory(), ValueLayout.JAVA_BYTE, (generation & 1) * headBytes, head.length);
        VarHandle.storeStoreFence();
        header = Optional.of(next);
        Failpoint.reach("log.head.done");
    }

    /** Whether it says that a driver of this device, since the machine was started, runs. Its content may be wrong. */
    public boolean saysRunning() {
        return header.filter(now -> now.running() && now.boot().equals(boot)).isPresent();
    }

    /**
     * Begins a new life: nothing is in flight.
     *
     * @param identity the queues that are ready
     */
    public InflightLog begin(LogIdentity identity) {
        regions(identity).clear();
        write(true, identity);
        return regions(identity);
    }

    /**
     * Goes on with a life that another process began.
     *
     * @param identity the device as it is now: the same, or with more queues than were noted
     * @throws InflightLogException if it is the log of something else, or none
     */
    public InflightLog resume(LogIdentity identity) throws InflightLogException {
        LogHeader now = header.orElseThrow(() -> new InflightLogException(path + " has no valid head"));
        refuseUnless(now.boot().equals(boot), "it is of an earlier run of the machine");
        refuseUnless(now.running(), "it says that no driver runs");
        refuseUnless(
                now.identity().device().equals(device),
                "it is of the device " + now.identity().device());
        refuseUnless(
                now.identity().features() == identity.features(),
                "the features were 0x%x, and are 0x%x".formatted(now.identity().features(), identity.features()));
        InflightLog log = regions(identity);
        for (LogIdentity.Ring ring : identity.queues()) {
            boolean known = now.identity().queues().contains(ring);
            boolean other = now.identity().queues().stream().anyMatch(noted -> noted.index() == ring.index());
            refuseUnless(known || !other, "queue " + ring.index() + " was elsewhere, or of another size");
            if (!known) {
                log.forget(ring.index()); // made ready, and never served
            }
        }
        write(true, identity);
        return log;
    }

    private void refuseUnless(boolean right, String problem) throws InflightLogException {
        if (!right) {
            throw new InflightLogException(path + ": " + problem);
        }
    }

    /** Notes a queue that was made ready later, before it is served. */
    public void add(LogIdentity identity) {
        write(true, identity);
    }

    /** No driver runs any more: nothing is in flight. */
    public void end() {
        if (saysRunning()) {
            write(false, header.orElseThrow().identity());
        }
    }

    private InflightLog regions(LogIdentity identity) {
        boolean packed = (identity.features() & VirtioFeatures.RING_PACKED) != 0;
        MemorySegment regions = memory().asSlice(2L * headBytes, InflightLog.bytes(queues, queueSize, packed));
        return new InflightLog(regions, queues, queueSize, packed);
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /** Removes the file: its device is gone. */
    public void delete() throws IOException {
        Files.deleteIfExists(path);
    }

    /** Lets go of it; the file stays. No session may use it any more. */
    @Override
    public void close() {
        mapping.close();
        fd.close();
    }
}
