package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.testkit.VhostNode;
import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.vduse.abi.VdpaAttribute;
import io.vduse4j.vduse.abi.VdpaNetlink;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.NodeName;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** What a case works with: the host, memory for calls, and the devices that it makes, which go away at its end. */
final class Rig {
    /** For whatever takes an instant on a real processor: the one under test may be emulated, on a busy machine. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final long STEP_MILLIS = 10;
    private static final AtomicInteger NAMES = new AtomicInteger();

    private final ConformanceTarget target;
    private final Arena arena = Arena.ofShared();
    private final VduseNode control;
    private final List<AutoCloseable> open = new ArrayList<>();
    /** Queues of the devices that are there, by name. */
    private final Map<String, Integer> created = new LinkedHashMap<>();

    private final Map<String, Node> nodes = new HashMap<>();
    private final List<VhostNode> vhosts = new ArrayList<>();

    Rig(ConformanceTarget target) throws IOException {
        this.target = target;
        control = target.host().open(NodeName.CONTROL);
    }

    ConformanceTarget target() {
        return target;
    }

    VduseHost host() {
        return target.host();
    }

    /** A control node that was never asked for its version. */
    VduseNode control() {
        return control;
    }

    Arena arena() {
        return arena;
    }

    /** Zeroed memory for an argument. */
    MemorySegment bytes(long size) {
        return arena.allocate(size, Long.BYTES);
    }

    /** The same content at the end of what exists: behind it there is nothing that a kernel could read. */
    MemorySegment atTheEnd(MemorySegment content) throws IOException {
        long page = NativeMemory.pageSize();
        long room = (content.byteSize() + page - 1) & -page;
        try (var file = Memfd.create("conformance", room)) {
            var mapping = keep(Mapping.shared(file, 0, room + page, true, true));
            var end = NativeMemory.ALL.asSlice(mapping.address() + room - content.byteSize(), content.byteSize());
            return end.copyFrom(content);
        }
    }

    /** Memory of which nothing exists any more. */
    MemorySegment vanished(long size) throws IOException {
        try (var file = Memfd.create("conformance", 0)) {
            return NativeMemory.ALL.asSlice(
                    keep(Mapping.shared(file, 0, size, true, true)).address(), size);
        }
    }

    /** Has something closed behind the case, before the devices go. */
    <T extends AutoCloseable> T keep(T resource) {
        open.addFirst(resource);
        return resource;
    }

    /** A name that no other case has. */
    static String name() {
        return "conformance" + NAMES.incrementAndGet();
    }

    /** CREATE_DEV through the rig's control node. */
    int create(DeviceConfig config) {
        return create(config.name(), config.encode(arena));
    }

    /** CREATE_DEV of bytes that name a device so. */
    int create(String name, MemorySegment config) {
        return create(control, name, config);
    }

    /** CREATE_DEV through another control node. */
    int create(VduseNode through, String name, MemorySegment config) {
        int result = through.ioctl(VduseIoctl.VDUSE_CREATE_DEV, config);
        if (result == 0) {
            created.put(name, config.get(ValueLayout.JAVA_INT, DevConfigLayout.VQ_NUM));
        }
        return result;
    }

    /** DESTROY_DEV. */
    int destroy(String name) {
        var bytes = bytes(VduseAbi.VDUSE_NAME_MAX);
        DeviceConfig.writeName(bytes, name);
        int result = control.ioctl(VduseIoctl.VDUSE_DESTROY_DEV, bytes);
        if (result == 0) {
            created.remove(name);
        }
        return result;
    }

    /** DESTROY_DEV of a device that has just left the bus: its last user is gone a moment later. */
    int destroySoon(String name) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        int result = destroy(name);
        while (result == -Errno.EBUSY && System.nanoTime() - deadline < 0) {
            pause(STEP_MILLIS);
            result = destroy(name);
        }
        return result;
    }

    /** Opens a device node. */
    Node open(String name) throws IOException {
        var node = keep(new Node(host().open(name), arena));
        nodes.put(name, node);
        return node;
    }

    /** Closes the node of a device, if it is open, and opens it again: what was not answered can be read again. */
    Node reopen(String name) throws IOException {
        var node = nodes.get(name);
        if (node != null) {
            node.close();
        }
        return open(name);
    }

    /** Opens the vhost side of a device; it sends a message, so this is for another thread than the daemon's. */
    VhostNode vhost(String name) throws IOException {
        var vhost = target.openVhost(name);
        synchronized (vhosts) {
            vhosts.add(vhost);
        }
        return vhost;
    }

    /** All vhost sides that were opened. */
    List<VhostNode> vhosts() {
        synchronized (vhosts) {
            return List.copyOf(vhosts);
        }
    }

    /** Creates a device and opens it. */
    Node device(DeviceConfig config) throws IOException {
        done(create(config));
        return open(config.name());
    }

    /** A request to the vdpa bus that no device has to answer. */
    int bus(int command, NetlinkAttributes.Builder attributes) throws IOException {
        return -host().vdpa(command, false, attributes.build(), PATIENCE).errno();
    }

    /** DEV_NEW or DEV_DEL of a device; for another thread than the one that answers messages. */
    int attachOrDetach(int command, String name) throws IOException {
        var attributes = NetlinkAttributes.builder().string(VdpaAttribute.VDPA_ATTR_DEV_NAME, name);
        if (command == VdpaNetlink.VDPA_CMD_DEV_NEW) {
            attributes.string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME, "vduse");
        }
        return bus(command, attributes);
    }

    /** Begins to attach a device, on another thread. */
    CompletableFuture<Integer> attach(String name) {
        return aside(() -> attachOrDetach(VdpaNetlink.VDPA_CMD_DEV_NEW, name));
    }

    /** Begins to detach a device, on another thread. */
    CompletableFuture<Integer> detach(String name) {
        return aside(() -> attachOrDetach(VdpaNetlink.VDPA_CMD_DEV_DEL, name));
    }

    /** Begins something on another thread. */
    static <T> CompletableFuture<T> aside(Callable<T> work) {
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

    /** Waits for what was begun on another thread. */
    static <T> T finish(CompletableFuture<T> begun) throws Exception {
        try {
            return begun.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof Exception cause ? cause : failure;
        } catch (TimeoutException late) {
            throw new AssertionError("not done within " + PATIENCE, late);
        }
    }

    /** Waits until something holds. */
    static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime() - deadline)
                    .as("time over the limit: " + what)
                    .isNegative();
            pause(STEP_MILLIS);
        }
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException overdue) {
            Thread.currentThread().interrupt();
            throw new AssertionError("the case was interrupted", overdue);
        }
    }

    /** Takes a descriptor that the host has made over, to be closed behind the case. */
    Fd adopt(int number) {
        assertThat(Answers.text(number)).as("a descriptor").matches("[0-9]+");
        return keep(Fd.adopt(number, "from the host"));
    }

    /** Takes all devices away, whatever state they are in, and makes sure that they are gone. */
    void end() throws Exception {
        try (target;
                arena;
                control) {
            try {
                for (var device : created.entrySet()) {
                    new Removal(this, device.getKey(), device.getValue()).run();
                }
            } finally {
                for (var resource : open) {
                    resource.close();
                }
            }
            for (var name : List.copyOf(created.keySet())) {
                done(destroySoon(name));
                assertThat(host().isAttached(name)).isFalse();
            }
        }
    }
}
