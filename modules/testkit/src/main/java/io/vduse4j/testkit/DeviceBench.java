package io.vduse4j.testkit;

import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.embedded.EmbeddedKernel;
import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.embedded.vhost.VhostVdpa;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.DeviceSpec;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VdpaBus;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioDevice;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A device of any type at work: served by the framework on a kernel in this JVM, and driven through vhost-vdpa as a
 * virtual machine would, with all features that it offers. No root, no daemon.
 *
 * <p>The kernel is {@link KernelProfile#LINUX_7_3}; as Linux it takes network (1), block (2) and file system (26) devices,
 * and no other device id. One thread at a time. Every wait ends after {@link #LIMIT}.
 */
public final class DeviceBench implements AutoCloseable {

    /** Longest wait for a request, and for the device to come and to go. */
    public static final Duration LIMIT = Duration.ofSeconds(10);

    /** Most bytes of a request, those that the device reads and those that it writes together. */
    public static final int REQUEST_BYTES = 1 << 20;

    private static final String NAME = "bench";
    private static final ServeOptions OPTIONS = ServeOptions.DEFAULT;

    private final Deque<Step> undo = new ArrayDeque<>();
    private final List<BenchQueue> queues = new ArrayList<>();
    private VhostVdpaDevice driver;

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    private DeviceBench() {}

    /**
     * Creates a VDUSE device, serves it, and starts a driver for all of its queues.
     *
     * @param device what is served; stays the caller's
     * @throws IOException a {@link LinuxException}: EINVAL for a device that Linux would not take
     * @throws DeviceFaultException if the device does not take the features that it offers, or does not start
     */
    public static DeviceBench serve(VirtioDevice device) throws IOException {
        var bench = new DeviceBench();
        try {
            bench.start(device);
            return bench;
        } catch (IOException | RuntimeException problem) {
            try {
                bench.close();
            } catch (IOException late) {
                problem.addSuppressed(late);
            }
            throw problem;
        }
    }

    private void start(VirtioDevice device) throws IOException {
        var vhost = new VhostVdpa(LIMIT);
        var kernel = new EmbeddedKernel(KernelProfile.LINUX_7_3, List.of(vhost));
        undo.push(kernel::close);
        attach(device, kernel);
        driver = new VhostVdpaDevice(VhostNode.of(NAME, vhost.open(NAME)));
        undo.push(driver::close);
        drive(device);
    }

    private void attach(VirtioDevice device, EmbeddedKernel kernel) throws IOException {
        VduseControl control = VduseControl.open(kernel);
        undo.push(control::close);
        control.create(new DeviceSpec(
                NAME,
                device.vendorId(),
                device.deviceId(),
                VduseServer.features(device, OPTIONS),
                device.queues(),
                DeviceSpec.PAGE_SIZE,
                device.config()));
        undo.push(() -> control.destroy(NAME));
        VduseDevice node = VduseDevice.open(kernel, NAME, device.queues());
        undo.push(node::close);
        for (int queue = 0; queue < device.queues(); queue++) {
            node.setupQueue(queue, device.maxQueueSize());
        }
        var pool = new WorkerPool(Math.min(device.queues(), Runtime.getRuntime().availableProcessors()), 0);
        undo.push(pool::close);
        var server = new VduseServer(node, device, pool, OPTIONS);
        undo.push(server::close);
        var bus = new VdpaBus(kernel);
        bus.add(NAME, LIMIT);
        undo.push(() -> bus.delete(NAME, LIMIT));
    }

    private void drive(VirtioDevice device) throws LinuxException {
        VhostMemory memory = VhostMemory.of(driver);
        // Below the driver on the stack: the memory goes when the device is closed.
        undo.addLast(memory::close);
        var start = new VhostStart(driver);
        long features = start.negotiate(driver.features(), Optional.empty());
        int size = device.maxQueueSize();
        for (int index = 0; index < device.queues(); index++) {
            DriverArea rings = memory.add(VhostStart.ringBytes(size));
            var at = RingAddresses.contiguous(size, VhostStart.RING_ALIGNMENT, rings.host(), rings.device());
            var signals = new EventFdSignals();
            undo.addLast(signals::close);
            var ring = VirtqueueDriver.of(rings.space(), at, features, VirtqueueState.split(0));
            queues.add(new BenchQueue(ring, memory.add(REQUEST_BYTES), signals));
            start.setUp(index, at, 0, signals);
        }
        start.run();
    }

    /**
     * Has the device handle a request, and waits for it.
     *
     * @param queue index of the queue
     * @param readable what the device reads, in one buffer
     * @param writable bytes of the buffer behind it that the device may write
     * @return what it says that it has written
     * @throws DeviceFaultException if it breaks the rules of the queue, or is not done in time
     */
    public byte[] request(int queue, byte[] readable, int writable) {
        return queues.get(queue).request(readable, writable, LIMIT);
    }

    /** The device as its driver has it: configuration space, status, ids, queues. */
    public VhostVdpaDevice device() {
        return driver;
    }

    /**
     * Takes the device away, in the opposite order.
     *
     * @throws IOException a {@link LinuxException} if something had to be left behind
     */
    @Override
    public void close() throws IOException {
        IOException first = null;
        while (!undo.isEmpty()) {
            try {
                undo.pop().run();
            } catch (IOException problem) {
                if (first == null) {
                    first = problem;
                } else {
                    first.addSuppressed(problem);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
