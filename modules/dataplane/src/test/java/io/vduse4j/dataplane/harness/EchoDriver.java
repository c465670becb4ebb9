package io.vduse4j.dataplane.harness;

import io.vduse4j.dataplane.QueueSetup;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** A queue of an {@link EchoDevice} from the driver's side: sends numbers and checks that they come back. */
public final class EchoDriver {

    /** {@link #receive}: nothing has come back. */
    public static final long NOTHING = -1;

    private static final int PIECE = 8;

    private final DriverMemory memory;
    private final int index;
    private final VirtqueueDriver ring;
    private final RingAddresses rings;
    private final long buffers;
    private final ChainBuffers chain = new ChainBuffers();
    private final int[] free;
    private int freeCount;
    private final int[] bufferOfHead;
    private final long[] valueOfHead;
    private final VirtqueueState start;

    /** Makes a queue that begins at its start. */
    public EchoDriver(DriverMemory memory, int index, int size, long features) {
        this(memory, index, size, features, VirtqueueState.start(isPacked(features)));
    }

    private static boolean isPacked(long features) {
        return (features & VirtioFeatures.RING_PACKED) != 0;
    }

    /** Makes a queue that begins anywhere. */
    public EchoDriver(DriverMemory memory, int index, int size, long features, VirtqueueState start) {
        this.memory = memory;
        this.index = index;
        this.start = start;
        long device = memory.allocate(RingAddresses.bytes(isPacked(features), size, 4096), 4096);
        rings = RingAddresses.contiguous(isPacked(features), size, 4096, memory.host(device), device);
        ring = VirtqueueDriver.of(NativeMemory.ALL, rings, features, start);
        buffers = memory.allocate(2L * PIECE * size, 4096);
        free = new int[size];
        for (int i = 0; i < size; i++) {
            free[i] = i;
        }
        freeCount = size;
        bufferOfHead = new int[size];
        valueOfHead = new long[size];
    }

    /** How the device finds the queue. */
    public QueueSetup setup(Optional<EventFd> kick) {
        return new QueueSetup(index, rings.size(), rings.desc(), rings.driver(), rings.device(), start, kick);
    }

    /** The ring below. */
    public VirtqueueDriver ring() {
        return ring;
    }

    /** Adds a request of two descriptors, not yet shown to the device; false if the queue is full. */
    public boolean add(long value) {
        if (ring.freeDescriptors() < 2) {
            return false;
        }
        int buffer = free[--freeCount];
        long at = buffers + 2L * PIECE * buffer;
        NativeMemory.ALL.set(ValueLayout.JAVA_LONG, memory.host(at), value);
        NativeMemory.ALL.set(ValueLayout.JAVA_LONG, memory.host(at) + PIECE, ~value);
        int head = ring.add(chain.clear().readable(at, PIECE).writable(at + PIECE, PIECE));
        bufferOfHead[head] = buffer;
        valueOfHead[head] = value;
        return true;
    }

    /** Adds a request, shows it to the device and kicks if the device wants it. */
    public boolean send(long value, EventFd kick) {
        if (!add(value)) {
            return false;
        }
        publish(kick);
        return true;
    }

    /** Shows the device what was added, and kicks if the device wants it. */
    public void publish(EventFd kick) {
        ring.publish();
        if (ring.needsKick()) {
            kick.signal();
        }
    }

    /** The value of a request that has come back with the right echo, or {@link #NOTHING}. */
    public long receive() {
        int head = ring.poll();
        if (head == VirtqueueDriver.NOTHING) {
            return NOTHING;
        }
        if (head < 0) {
            throw new AssertionError(ring.brokenBecause());
        }
        int buffer = bufferOfHead[head];
        long echo = NativeMemory.ALL.get(ValueLayout.JAVA_LONG, memory.host(buffers + 2L * PIECE * buffer + PIECE));
        free[freeCount++] = buffer;
        if (ring.usedLength() != PIECE || echo != valueOfHead[head]) {
            throw new AssertionError(
                    "sent " + valueOfHead[head] + ", got " + echo + " in " + ring.usedLength() + " bytes");
        }
        return valueOfHead[head];
    }

    /** Device address of the descriptor table, for who writes there himself. */
    public RingAddresses rings() {
        return rings;
    }

    /** Device address of the payload. */
    public long buffers() {
        return buffers;
    }
}
