package io.vduse4j;

import io.vduse4j.block.Backend;
import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.dataplane.inflight.LogFile;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.SocketFile;
import io.vduse4j.vduse.DeviceSpec;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VduseAttributes;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseMessage;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiConsumer;

/**
 * A disk that is served through VDUSE, from its creation to its destruction.
 *
 * <pre>{@code
 * try (var host = Hosts.open("auto");
 *         var disk = Disk.named("db0").queues(2).serve(host, backend, Bus.VIRTIO)) {
 *     System.out.println(disk.device()); // /dev/vdb
 * }
 * }</pre>
 */
public final class Disk implements AutoCloseable {

    /** Polls without end, and without any kick: for {@link Builder#pollMicros}. */
    public static final long POLL_ALWAYS = Long.MAX_VALUE;

    /** A stop must be over within ten seconds; what follows the detaching needs some of them. */
    private static final Duration DETACH = Duration.ofSeconds(5);

    private static final Duration LOOK_AROUND = Duration.ofMillis(200);

    private final Builder wishes;
    private final VduseHost host;
    private final Backend backend;
    private final UndoSteps undo = new UndoSteps();
    private final VduseServer server;
    private final String device;
    private boolean removes;

    private Disk(Builder wishes, VduseHost host, Backend backend, Bus bus) throws IOException {
        this.wishes = wishes;
        this.host = host;
        this.backend = backend;
        try {
            SetUp setUp = new SetUp(host, wishes.name);
            undo.push(setUp::close);
            Optional<Orphan> orphan = Orphan.find(host, setUp, wishes.name);
            undo.push(() -> ifRemoved(setUp::destroy));
            if (orphan.isPresent()) {
                undo.push(orphan.get().node()::close);
                orphan.get().refuseWithout(backend);
            }
            BlkOptions wished = wishes.options();
            VirtioBlk disk = new VirtioBlk(
                    backend, orphan.map(found -> found.options(wished)).orElse(wished), MemoryBudget.process());
            undo.push(disk::close);
            VduseDevice node = orphan.isPresent()
                    ? new VduseDevice(orphan.get().node(), wishes.name, disk.queues())
                    : create(setUp, disk);
            undo.push(node::close);
            LogFile log = LogFile.open(
                    RuntimeDirectory.log(wishes.name), wishes.name, disk.queues(), BlkOptions.MAX_QUEUE_SIZE);
            undo.push(log::close);
            undo.push(() -> ifRemoved(log::delete));
            WorkerPool pool = wishes.pool(0);
            undo.push(() -> wishes.release(pool));
            ServeOptions options = wishes.serveOptions(orphan.isPresent());
            server = new VduseServer(node, disk, pool, options, Optional.of(log));
            undo.push(server::close);
            undo.push(() -> ifRemoved(() -> setUp.detach(DETACH)));
            if (orphan.isPresent()) {
                orphan.get().awaitServed(server, wishes.attachTimeout);
            }
            device = orphan.isPresent()
                    ? orphan.get().consumer(host, setUp, bus, backend.size(), wishes.attachTimeout)
                    : setUp.attach(bus, backend.size(), wishes.attachTimeout);
            removes = true;
        } catch (IOException | RuntimeException e) {
            undo.runAfter(e);
            throw e;
        }
    }

    /** What was taken over and cannot be served stays as it was found. */
    private void ifRemoved(UndoSteps.Step step) throws IOException {
        if (removes) {
            step.run();
        }
    }

    private VduseDevice create(SetUp setUp, VirtioBlk disk) throws IOException {
        setUp.create(new DeviceSpec(
                wishes.name,
                disk.vendorId(),
                disk.deviceId(),
                VduseServer.features(disk, wishes.serveOptions(false)),
                disk.queues(),
                DeviceSpec.PAGE_SIZE,
                disk.config()));
        removes = true;
        wishes.tune(new VduseAttributes(host, wishes.name));
        VduseDevice node = VduseDevice.open(host, wishes.name, disk.queues());
        try {
            for (int queue = 0; queue < disk.queues(); queue++) {
                node.setupQueue(queue, disk.maxQueueSize());
            }
            return node;
        } catch (IOException e) {
            node.close();
            throw e;
        }
    }

    /**
     * Begins to describe a disk.
     *
     * @param name name of its device: 1 to 64 of {@code A-Z a-z 0-9 . _ -}, not beginning with a dot
     */
    public static Builder named(String name) {
        return new Builder(name);
    }

    /**
     * Ends a device that nobody serves and nobody is going to: every request that its driver waits for fails with an I/O
     * error, the device is taken off the bus and destroyed, and its in-flight log is removed.
     *
     * @param host where VDUSE lives; stays the caller's
     * @param name of the device
     * @param timeout longest wait for its consumer to let go
     * @throws IOException a {@link LinuxException}: ENOENT if there is no such device, EBUSY if a live process serves it,
     *     EOPNOTSUPP if it is no block device, ETIMEDOUT if its consumer does not let go: its requests have failed then,
     *     and the device goes when it is let go of
     */
    public static void abort(VduseHost host, String name, Duration timeout) throws IOException {
        Abort.run(host, name, timeout);
    }

    /** The node that its consumer uses: {@code /dev/vdb}, or {@code /dev/vhost-vdpa-0}. */
    public String device() {
        return device;
    }

    /** Name of the VDUSE device. */
    public String name() {
        return wishes.name;
    }

    /** Size now, in bytes. */
    public long size() {
        return backend.size();
    }

    /** Whether the kernel has given the device up because a message was not answered in time. */
    public boolean isBroken() {
        return server.isBroken();
    }

    /**
     * Waits until the disk has gone without us: somebody else has detached it, or it is broken.
     *
     * @param timeout longest wait
     * @return whether it has gone
     */
    public boolean awaitEnd(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (host.isAttached(wishes.name)) {
            Duration left = Duration.ofNanos(deadline - System.nanoTime());
            if (left.isNegative()) {
                return false;
            }
            if (server.awaitEnd(left.compareTo(LOOK_AROUND) < 0 ? left : LOOK_AROUND)) {
                return true;
            }
        }
        return true;
    }

    /**
     * Detaches the device, finishes what is in flight, and destroys it; within about eight seconds.
     *
     * @throws IOException a {@link LinuxException} if something had to be left behind: ETIMEDOUT if the consumer does not
     *     let go of the device
     */
    @Override
    public void close() throws IOException {
        undo.run();
    }

    /**
     * Finishes what is in flight and stops to serve, and leaves the device as it is: its driver waits until a disk of this
     * name is served again, by this process or another.
     *
     * @throws IOException as for {@link #close}
     */
    public void leave() throws IOException {
        removes = false;
        close();
    }

    /** What is wished of a disk. */
    public static final class Builder {

        private static final int NAME_MAX = 64;

        private final String name;
        private int queues = 1;
        private int queueSize = BlkOptions.DEFAULT_QUEUE_SIZE;
        private String serial = "";
        private int workers;
        private Optional<WorkerPool> shared = Optional.empty();
        private long pollMicros;
        private int[] cpus = {};
        private OptionalLong bounceSize = OptionalLong.empty();
        private OptionalLong msgTimeout = OptionalLong.empty();
        private boolean userMemory;
        private boolean packed;
        private Duration attachTimeout = Duration.ofSeconds(10);
        private BiConsumer<VduseMessage, Boolean> observer = (_, _) -> {};

        private Builder(String name) {
            this.name = name;
        }

        /** Number of queues, 1 to {@link BlkOptions#MAX_QUEUES}; 1 if nothing is said. */
        public Builder queues(int queues) {
            this.queues = queues;
            return this;
        }

        /** Entries of each queue, a power of two up to {@link BlkOptions#MAX_QUEUE_SIZE}. */
        public Builder queueSize(int entries) {
            queueSize = entries;
            return this;
        }

        /** Serial number, at most 20 bytes. */
        public Builder serial(String serial) {
            this.serial = serial;
            return this;
        }

        /** Number of worker threads; one for each queue, but not more than there are CPUs, if nothing is said. */
        public Builder workers(int workers) {
            this.workers = workers;
            return this;
        }

        /**
         * Has workers of the caller serve the queues, along with those of other disks, in place of some of its own: {@link
         * #workers}, {@link #pollMicros} and {@link #pin} then mean nothing.
         *
         * @param pool stays the caller's and must outlive the disk
         */
        public Builder pool(WorkerPool pool) {
            shared = Optional.of(pool);
            return this;
        }

        /**
         * How long a worker spins after its last request before it sleeps, in microseconds; 0, a few while that pays, if
         * nothing is said. {@link #POLL_ALWAYS} serves without any kick descriptor.
         */
        public Builder pollMicros(long micros) {
            pollMicros = micros;
            return this;
        }

        /** CPUs that the workers may run on; all of them if nothing is said. */
        public Builder pin(int... cpus) {
            this.cpus = cpus.clone();
            return this;
        }

        /** Size of the kernel's bounce buffer in bytes, 1 MiB to 1 GiB; needs kernel 6.4. */
        public Builder bounceSize(long bytes) {
            bounceSize = OptionalLong.of(bytes);
            return this;
        }

        /** How long the kernel waits for an answer before it breaks the device; whole seconds, 30 if nothing is said. */
        public Builder msgTimeout(Duration timeout) {
            msgTimeout = OptionalLong.of(timeout.toSeconds());
            return this;
        }

        /** Has memory of this process take the place of the bounce buffer, where the kernel allows it. */
        public Builder userMemory(boolean wanted) {
            userMemory = wanted;
            return this;
        }

        /**
         * Offers packed rings; only split ones are offered if nothing is said.
         */
        public Builder packed(boolean wanted) {
            packed = wanted;
            return this;
        }

        /** Longest wait for the consumer's node; 10 s if nothing is said. */
        public Builder attachTimeout(Duration timeout) {
            attachTimeout = timeout;
            return this;
        }

        /** Told of each message of the kernel after it was answered, and whether with success. */
        public Builder observer(BiConsumer<VduseMessage, Boolean> observer) {
            this.observer = observer;
            return this;
        }

        /**
         * Creates the device, serves it, attaches it, and waits until its consumer's node is usable and has the right
         * size.
         *
         * <p>A device of the same name that is on the bus, and whose process has died or {@linkplain Disk#leave left} it, is
         * taken over instead, with the queues that it has: its driver goes on, and what it had in flight is done again.
         *
         * @param host where VDUSE lives; stays the caller's
         * @param backend where the bytes are; stays the caller's and must outlive the disk
         * @param bus who consumes it
         * @throws IOException a {@link LinuxException}: EINVAL for a wish out of its range, EBUSY if a live process serves
         *     a device of that name, EPERM without the privilege to attach, EOPNOTSUPP if the backend has lost what a
         *     device to be taken over had written, EBADMSG if what was in flight on it cannot be told, ETIMEDOUT. Everything is then as it was before
         */
        public Disk serve(VduseHost host, Backend backend, Bus bus) throws IOException {
            if (name.isEmpty() || name.length() > NAME_MAX || !name.matches("[A-Za-z0-9_-][A-Za-z0-9._-]*")) {
                throw new LinuxException(
                        "name a disk",
                        name,
                        Errno.EINVAL,
                        "a name has 1 to 64 of A-Z a-z 0-9 . _ - and no leading dot");
            }
            return new Disk(this, host, backend, bus);
        }

        /**
         * Serves it to virtual machine monitors instead, at a vhost-user socket: without a host, a bus and what belongs to
         * them. One monitor at a time; when it goes another may come.
         *
         * @param socket path of the socket, in a folder that exists
         * @param backend where the bytes are; stays the caller's and must outlive the disk
         * @throws IOException a {@link LinuxException}: EINVAL for a wish out of its range, EADDRINUSE if a server lives
         *     at the path. Nothing is left behind then
         */
        public VhostUserDisk listen(Path socket, Backend backend) throws IOException {
            return listen(SocketFile.listen(socket), backend);
        }

        /**
         * As {@link #listen(Path, Backend)}, at a socket that listens already: monitors that connect wait until now.
         *
         * @param socket closed with the disk, and if this fails
         */
        public VhostUserDisk listen(SocketFile socket, Backend backend) throws IOException {
            return new VhostUserDisk(this, socket, backend);
        }

        BlkOptions options() throws LinuxException {
            try {
                return new BlkOptions(name, queues, queueSize, serial);
            } catch (IllegalArgumentException e) {
                throw new LinuxException("describe disk", name, Errno.EINVAL, e.getMessage());
            }
        }

        boolean isPacked() {
            return packed;
        }

        private void tune(VduseAttributes attributes) throws IOException {
            if (bounceSize.isPresent()) {
                attributes.setBounceSize(bounceSize.getAsLong());
            }
            if (msgTimeout.isPresent()) {
                attributes.setMsgTimeout(msgTimeout.getAsLong());
            }
        }

        /**
         * The workers.
         *
         * @param always nanoseconds that stand for {@link #POLL_ALWAYS}
         */
        WorkerPool pool(long always) throws LinuxException {
            if (shared.isPresent()) {
                return shared.get();
            }
            int count = workers > 0
                    ? workers
                    : Math.min(queues, Runtime.getRuntime().availableProcessors());
            long nanos = pollMicros == POLL_ALWAYS ? always : pollMicros * 1000;
            return new WorkerPool(count, nanos, cpus);
        }

        /** Closes what {@link #pool(long)} returned, unless it is shared. */
        void release(WorkerPool pool) {
            if (shared.isEmpty()) {
                pool.close();
            }
        }

        private ServeOptions serveOptions(boolean adopts) {
            boolean kicks = shared.isPresent() || pollMicros != POLL_ALWAYS;
            return new ServeOptions(kicks, userMemory, adopts, packed, observer);
        }
    }
}
