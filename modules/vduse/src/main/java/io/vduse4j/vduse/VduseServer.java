package io.vduse4j.vduse;

import io.vduse4j.dataplane.Session;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.dataplane.inflight.LogFile;
import io.vduse4j.linux.Failpoint;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VduseNode;
import io.vduse4j.virtio.VirtioDevice;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Serves a device on its VDUSE node: one control thread answers the kernel's messages, workers serve the queues. It needs
 * no privilege: the node may have been opened by another process.
 *
 * <p>The control thread never blocks and never touches a backend, but it may owe replies while workers drain. Every reply
 * is given within seconds; after 30 s of silence the kernel would break the device for good (kernel-behaviour 3.1).
 *
 * <p>A queue that the driver makes ready after DRIVER_OK is served from then. In API version 0 the kernel does not tell of
 * it: then it is found within a second of DRIVER_OK or not at all, and one that is made not ready is served on until the
 * reset. With VDUSE_F_QUEUE_READY both are told, and a queue is quiet before it is said to be stopped: nothing is written
 * to its rings any more. It goes on behind its last chain if it is made ready again. With VDUSE_F_SUSPEND the whole device
 * can be made quiet, until a reset; the driver then finds the index of the next chain of each queue. A suspension is
 * refused (the driver gets EIO) if requests are still in flight after two seconds.
 *
 * <p>All queues have their memory in address space 0: SET_VQ_GROUP_ASID with another one is refused (EIO), which leaves
 * the group where it was. A device that was created with one address space is never asked.
 */
public final class VduseServer implements AutoCloseable {

    private static final Logger LOG = System.getLogger(VduseServer.class.getName());

    private final VduseDevice node;
    private final VirtioDevice device;
    private final MessageHandler handler;
    private final Thread thread;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final CountDownLatch adopted = new CountDownLatch(1);
    private final boolean adopts;
    private volatile boolean goesOn;
    private volatile boolean closing;
    private volatile boolean broken;

    /**
     * Starts to serve.
     *
     * @param node the open node, with every queue set up; stays the caller's and must outlive the server
     * @param device what is served
     * @param pool who works; stays the caller's
     * @param options how
     */
    public VduseServer(VduseDevice node, VirtioDevice device, WorkerPool pool, ServeOptions options) {
        this(node, device, pool, options, Optional.empty());
    }

    /**
     * As the other one, with a log of what is in flight: a server that adopts the device after the death of this one does
     * again what was not given back.
     *
     * @param log with room for the device's queues; stays the caller's and must outlive the server
     */
    public VduseServer(
            VduseDevice node, VirtioDevice device, WorkerPool pool, ServeOptions options, Optional<LogFile> log) {
        this.node = node;
        this.device = device;
        DriverLog inFlight = new DriverLog(node.name(), log);
        ServiceOpener opener = new ServiceOpener(node, device, pool, options, inFlight);
        handler = new MessageHandler(node, device, options, opener, inFlight, this::onControlThread);
        thread = Thread.ofPlatform()
                .name("vduse-control-" + node.name())
                .daemon(true)
                .unstarted(this::run);
        adopts = options.adopt();
        device.onConfigChange(() -> onControlThread(this::announceConfig));
        thread.start();
    }

    /** The features with which the VDUSE device must be created: the device's own and those of rings and transport. */
    public static long features(VirtioDevice device, ServeOptions options) {
        return Negotiation.offered(device, options);
    }

    /** Whether the kernel has given the device up; only destroying and creating it anew helps. */
    public boolean isBroken() {
        return broken;
    }

    /** Device status as the driver has last set it. */
    public int status() {
        return handler.status();
    }

    /** What serves now, if a driver runs. Its counters may be read by any thread. */
    public Optional<Session> session() {
        return handler.session();
    }

    /**
     * Waits until a server that adopts a device knows whether it can.
     *
     * @param timeout longest wait
     * @return whether the driver that an earlier server left running is served, or none runs
     */
    public boolean awaitAdoption(Duration timeout) throws InterruptedException {
        return adopted.await(timeout.toNanos(), TimeUnit.NANOSECONDS) && goesOn;
    }

    /**
     * Waits until serving has ended, because the server was closed or the device is broken.
     *
     * @param timeout longest wait
     * @return whether it has ended
     */
    public boolean awaitEnd(Duration timeout) throws InterruptedException {
        return ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void onControlThread(Runnable task) {
        tasks.add(task);
        node.wake();
    }

    private void run() {
        try {
            if (adopts) {
                goesOn = handler.adopt();
                adopted.countDown();
            }
            while (!broken && !(closing && handler.isIdle())) {
                round();
            }
        } catch (LinuxException | RuntimeException e) {
            broken = true;
            LOG.log(Level.ERROR, node.name() + ": the control thread ends; the device is not served any more", e);
        } finally {
            handler.leave();
            adopted.countDown();
            ended.countDown();
        }
    }

    private void round() throws LinuxException {
        // What a server that is closed has not read waits for the next one.
        int events = node.poll(closing ? 0 : VduseNode.POLLIN, handler.millisLeft());
        Runnable task;
        while ((task = tasks.poll()) != null) {
            task.run();
        }
        if (events < 0) {
            throw new LinuxException("poll", node.name(), -events);
        }
        if ((events & VduseNode.POLLERR) != 0) {
            broken = true;
            LOG.log(
                    Level.ERROR,
                    "{0}: broken: a message was not answered in time; destroy it and create it anew",
                    node.name());
            return;
        }
        Optional<VduseMessage> message;
        while (!closing && (message = node.read()).isPresent()) {
            Failpoint.reach("message.read");
            handler.handle(message.get());
            Failpoint.reach("message.handled");
        }
        handler.runOverdue();
    }

    /** Whole fields are written before the driver is told: the kernel neither locks nor counts (VD-11). */
    private void announceConfig() {
        try {
            node.setConfig(0, device.config());
            node.injectConfigInterrupt(); // refused without a driver, which then reads the new values anyway
        } catch (IOException e) {
            LOG.log(Level.ERROR, node.name() + ": the new configuration cannot be announced", e);
        }
    }

    /**
     * Stops serving: requests in flight are finished, within a few seconds. Detach the device from the vdpa bus first,
     * or its driver waits for the next server.
     */
    @Override
    public void close() {
        onControlThread(() -> {
            closing = true;
            handler.endService();
        });
        boolean interrupted = false;
        try {
            if (!awaitEnd(MessageHandler.STOP_DEADLINE)) {
                LOG.log(Level.WARNING, "{0}: requests are still in flight; they are left behind", node.name());
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
