package io.vduse4j.block.memory;

import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.Request;
import io.vduse4j.linux.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One worker's way to a disk in memory. Small reads are gathered, and the first bytes of all are fetched before the first is
 * copied: the processor waits for the memory, and for the addresses of its pages, once for the group and not for each.
 */
final class MemoryChannel implements Channel {
    /** As many as a worker gives back at once; more are slower again, for the copies push each other's bytes out. */
    private static final int GROUP = 16;

    /** Where the copy itself takes much longer than the wait for its first bytes. */
    private static final int SMALL = 16 << 10;

    private final MemoryBackend backend;
    private final MemorySegment bytes;
    private final Completions completions;
    private final int[] slots = new int[GROUP];
    private final Request[] reads = new Request[GROUP];
    private int gathered;
    private boolean copying;

    /** Read by nobody; without it the compiler would see that what was fetched is not used. */
    @SuppressWarnings("UnusedVariable")
    private long fetched;

    MemoryChannel(MemoryBackend backend, MemorySegment bytes, Completions completions) {
        this.backend = backend;
        this.bytes = bytes;
        this.completions = completions;
    }

    @Override
    public void submit(int slot, Request request) {
        if (request.op != Request.Op.READ || request.length > SMALL || copying) {
            completions.complete(slot, backend.execute(request));
            return;
        }
        slots[gathered] = slot;
        reads[gathered++] = request;
        if (gathered == GROUP) {
            flushSubmissions();
        }
    }

    /** Each gathered read ends, whatever becomes of the others: the first error comes out when all have (J-01). */
    @Override
    public void flushSubmissions() {
        if (gathered == 0 || copying) {
            return;
        }
        copying = true;
        fetch();
        InternalError vanished = null;
        for (int i = 0; i < gathered; i++) {
            try {
                completions.complete(slots[i], copied(reads[i]));
            } catch (InternalError e) {
                vanished = vanished == null ? e : vanished;
            }
        }
        gathered = 0;
        copying = false;
        if (vanished != null) {
            throw vanished;
        }
    }

    private void fetch() {
        long sum = 0;
        for (int i = 0; i < gathered; i++) {
            sum += bytes.get(ValueLayout.JAVA_BYTE, reads[i].offset);
        }
        fetched += sum;
    }

    private int copied(Request read) {
        try {
            return backend.execute(read);
        } catch (InternalError vanished) {
            return Errno.EFAULT;
        }
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
