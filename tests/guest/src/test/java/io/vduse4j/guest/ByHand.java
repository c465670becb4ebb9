package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.Backend;
import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseMessage.SetStatus;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.vduse.host.VduseNode;
import io.vduse4j.virtio.blk.BlkConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A block device whose messages the test answers one by one. Its disk has no sectors, so that the kernel attaches it
 * without reading anything; the only request is the one for the serial number.
 */
final class ByHand implements AutoCloseable {
    /** More than the guest has processors. */
    static final int QUEUES = 4;

    static final int QUEUE_SIZE = 128;
    static final String SERIAL = "by hand";

    private final String name;
    private final Backend backend;
    private final VirtioBlk disk;
    private final Bare bare;
    private VduseDevice node;
    private boolean attached;

    ByHand(String name) throws IOException {
        this.name = name;
        backend = Backends.open("memory:64M", BackendOptions.NONE);
        disk = new VirtioBlk(backend, new BlkOptions(name, QUEUES, QUEUE_SIZE, SERIAL), MemoryBudget.process());
        var config = disk.config();
        ByteBuffer.wrap(config).putLong(BlkConfig.CAPACITY, 0);
        bare = new Bare(name, disk, config);
        node = VduseDevice.open(bare.host(), name, QUEUES);
    }

    Bare bare() {
        return bare;
    }

    VduseDevice node() {
        return node;
    }

    /** Gives every queue its size. */
    void setUpQueues() throws IOException {
        for (int queue = 0; queue < QUEUES; queue++) {
            node.setupQueue(queue, QUEUE_SIZE);
        }
    }

    /** Closes the node and opens it again, as the next daemon does. */
    void reopen() throws IOException {
        node.close();
        node = VduseDevice.open(bare.host(), name, QUEUES);
    }

    /** Begins to attach the device, on another thread: the driver's messages come now. */
    CompletableFuture<Void> attach() {
        attached = true;
        return aside(() -> {
            bare.attach();
            return null;
        });
    }

    /** Attaches the device and answers everything. */
    void attachAccepting() throws IOException {
        var done = attach();
        for (int status : new int[] {0x00, 0x01, 0x03, 0x0b, 0x0f}) {
            accept(status);
        }
        finish(done);
    }

    /** Reads the next message, which must set this status. */
    SetStatus next(int status) throws IOException {
        assertThat(node.poll(VduseNode.POLLIN, Shell.PATIENCE.toMillis()) & VduseNode.POLLIN)
                .as("a message")
                .isNotZero();
        var message = (SetStatus) node.read().orElseThrow();
        Evidence.show(Served.text(message));
        assertThat(message.status()).isEqualTo(status);
        return message;
    }

    /** Reads the next message, which must set this status, and answers it. */
    void accept(int status) throws IOException {
        assertThat(node.replyOk(next(status).id())).isTrue();
    }

    /** Asks the driver for the serial number, on another thread: a request for queue 0 or 1 comes now. */
    CompletableFuture<String> askSerial() throws IOException {
        Wait.until("the disk", Shell.PATIENCE, () -> Devices.block(name).isPresent());
        var device = Devices.block(name).orElseThrow();
        return aside(() -> Devices.attribute(device, "serial"));
    }

    /** Lets our server take over where we are; what is asked of the driver is answered, and it lets go. */
    void serveAndDetach(CompletableFuture<String> serial) throws IOException {
        try (var pool = new WorkerPool(1, 0);
                var _ = new VduseServer(node, disk, pool, ServeOptions.ADOPT)) {
            assertThat(finish(serial)).isEqualTo(SERIAL);
            bare.detach();
            attached = false;
        }
    }

    /** Detaches the device and answers what the driver says then. */
    void detachAccepting(int... statuses) throws IOException {
        var done = aside(() -> {
            bare.detach();
            return null;
        });
        for (int status : statuses) {
            accept(status);
        }
        finish(done);
        attached = false;
    }

    /** Waits for what was begun on another thread. */
    static <T> T finish(CompletableFuture<T> begun) throws IOException {
        try {
            return begun.get(Shell.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | InterruptedException | TimeoutException failure) {
            throw new IOException("what was begun on another thread", failure);
        }
    }

    private static <T> CompletableFuture<T> aside(Callable<T> work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return work.call();
                    } catch (Exception failure) {
                        throw new CompletionException(failure);
                    }
                },
                task -> Thread.ofPlatform().daemon().start(task));
    }

    @Override
    public void close() throws IOException {
        try (backend;
                disk;
                bare;
                var last = node) {
            if (attached) {
                // The test has failed somewhere on the way: whatever the driver still says is accepted.
                try (var pool = new WorkerPool(1, 0);
                        var _ = new VduseServer(last, disk, pool, ServeOptions.ADOPT)) {
                    bare.detach();
                }
            }
        }
    }
}
