package io.vduse4j.testkit.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Optional;
import java.util.function.LongUnaryOperator;

/** The device's side of one split queue without EVENT_IDX or indirect tables: as little as a device can do. One thread. */
final class Ring implements AutoCloseable {
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final int MOST_BUFFERS = 256;

    private final Node node;
    private final int index;
    private final VqInfo info;
    private final Window window;
    private int taken;
    private int used;

    /** Maps a queue that is ready. */
    Ring(Node node, int index) throws LinuxException {
        this.node = node;
        this.index = index;
        info = node.info(index);
        window = Window.of(node, info.desc());
        // Whoever has served it before has said in the used ring how far that was.
        used = Short.toUnsignedInt(MEMORY.get(JAVA_SHORT, window.host(info.device()) + SplitRing.INDEX));
        taken = used;
    }

    int index() {
        return index;
    }

    /**
     * Takes a request, if there is one.
     *
     * @param hosts from an IOVA of a buffer to its address here
     */
    Optional<Chain> take(LongUnaryOperator hosts) {
        long avail = window.host(info.driver());
        int published = Short.toUnsignedInt(MEMORY.get(JAVA_SHORT, avail + SplitRing.INDEX));
        if (published == (taken & 0xffff)) {
            return Optional.empty();
        }
        VarHandle.acquireFence();
        int head =
                Short.toUnsignedInt(MEMORY.get(JAVA_SHORT, avail + SplitRing.RING + 2L * (taken & (info.num() - 1))));
        taken++;
        var buffers = new ArrayList<Chain.Buffer>();
        int at = head;
        while (buffers.size() < MOST_BUFFERS) {
            long descriptor = window.host(info.desc()) + (long) SplitRing.DESC_BYTES * at;
            long iova = MEMORY.get(JAVA_LONG, descriptor);
            int flags = MEMORY.get(JAVA_SHORT, descriptor + 12);
            buffers.add(new Chain.Buffer(
                    iova,
                    hosts.applyAsLong(iova),
                    MEMORY.get(JAVA_INT, descriptor + 8),
                    (flags & SplitRing.DESC_WRITE) != 0));
            if ((flags & SplitRing.DESC_NEXT) == 0) {
                return Optional.of(new Chain(head, buffers));
            }
            at = Short.toUnsignedInt(MEMORY.get(JAVA_SHORT, descriptor + 14));
        }
        throw new AssertionError("a chain of more than " + MOST_BUFFERS + " buffers");
    }

    /** Gives a block request back with the status for success; its data is there already. */
    void complete(Chain chain, int length) {
        MEMORY.set(JAVA_BYTE, chain.status().host(), BlkRequest.S_OK);
        long ring = window.host(info.device());
        long element = ring + SplitRing.RING + (long) SplitRing.USED_ELEM_BYTES * (used & (info.num() - 1));
        MEMORY.set(JAVA_INT, element, chain.head());
        MEMORY.set(JAVA_INT, element + 4, length);
        used++;
        VarHandle.releaseFence();
        MEMORY.set(JAVA_SHORT, ring + SplitRing.INDEX, (short) used);
        VarHandle.fullFence();
    }

    /** Interrupts the driver; refused for an instant after its last message was answered (kernel-behaviour 12). */
    int interrupt() {
        return node.inject(index);
    }

    @Override
    public void close() {
        window.close();
    }

    /**
     * A mapped region of the device's memory.
     *
     * @param start first IOVA
     * @param last last IOVA
     * @param offset where it begins in its file
     * @param perm access
     * @param file its file
     * @param mapping the mapping
     */
    record Window(long start, long last, long offset, int perm, Fd file, Mapping mapping) implements AutoCloseable {
        /** Maps the region that has this address. */
        static Window of(Node node, long iova) throws LinuxException {
            var range = node.range(iova, iova);
            int number = node.getFd(range);
            if (number < 0) {
                throw new AssertionError("no region at 0x" + Long.toHexString(iova) + ": " + Answers.text(number));
            }
            var file = Fd.adopt(number, "region of a device");
            long start = range.get(JAVA_LONG, IotlbEntryLayout.START);
            long last = range.get(JAVA_LONG, IotlbEntryLayout.LAST);
            long offset = range.get(JAVA_LONG, IotlbEntryLayout.OFFSET);
            int perm = range.get(JAVA_BYTE, IotlbEntryLayout.PERM);
            try {
                return new Window(
                        start, last, offset, perm, file, Mapping.shared(file, offset, last - start + 1, true, true));
            } catch (LinuxException | RuntimeException problem) {
                file.close();
                throw problem;
            }
        }

        long host(long iova) {
            return mapping.address() + iova - start;
        }

        @Override
        public void close() {
            mapping.close();
            file.close();
        }
    }
}
