package io.vduse4j.dataplane.inflight;

import static io.vduse4j.dataplane.inflight.PackedLogLayout.ADDRESS;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.COUNTER;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.DESC_NUM;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.INFLIGHT;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.LAST;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.NEXT;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.NUM;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.REST;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.VERSION;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.VERSION_1;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.entry;

import io.vduse4j.virtio.DescriptorList;
import io.vduse4j.virtio.VirtqueueState;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/** Reads the entries of a packed queue's log and believes none of them before each is in exactly one list. */
final class PackedEntries {

    private final LogWords words;
    private final int size;
    private final BitSet seen;

    PackedEntries(LogWords words, int size) {
        this.words = words;
        this.size = size;
        seen = new BitSet(size);
    }

    /** The descriptors of a chain, as the ring has them. */
    private static final class Copies implements DescriptorList {
        private final long[] addresses;
        private final long[] rests;

        Copies(int count) {
            addresses = new long[count];
            rests = new long[count];
        }

        @Override
        public int descriptors() {
            return rests.length;
        }

        @Override
        public long address(int index) {
            return addresses[index];
        }

        @Override
        public long rest(int index) {
            return rests[index];
        }
    }

    /**
     * The chains in flight, in the order in which they were taken.
     *
     * @param free first free entry
     * @param positions where the used side may stand
     */
    List<Recovered> read(int free, int... positions) throws InflightLogException {
        refuseIf(words.get16(VERSION) != VERSION_1, "version", words.get16(VERSION));
        refuseIf(words.get16(DESC_NUM) != size, "entries", words.get16(DESC_NUM));
        for (int position : positions) {
            refuseIf((position & ~VirtqueueState.WRAP) >= size, "used position", position);
        }
        int at = free;
        while (at != size) {
            see(at);
            at = words.get16(entry(at) + NEXT);
        }
        List<Recovered> chains = new ArrayList<>();
        BitSet freeEntries = (BitSet) seen.clone();
        for (int first = freeEntries.nextClearBit(0); first < size; first = freeEntries.nextClearBit(first + 1)) {
            int flag = words.get8(entry(first) + INFLIGHT);
            refuseIf(flag > 1, "flag of entry " + first, flag);
            if (flag == 1) {
                chains.add(chain(first));
            }
        }
        refuseIf(seen.cardinality() != size, "entries in no list", size - seen.cardinality());
        chains.sort(Comparator.comparingLong(Recovered::counter));
        return chains;
    }

    private void see(int index) throws InflightLogException {
        refuseIf(index >= size || seen.get(index), "entry", index);
        seen.set(index);
    }

    private Recovered chain(int first) throws InflightLogException {
        int count = words.get16(entry(first) + NUM);
        refuseIf(count == 0 || count > size, "descriptors of entry " + first, count);
        Copies copies = new Copies(count);
        int at = first;
        int last = first;
        for (int i = 0; i < count; i++) {
            see(at);
            long rest = words.get64(entry(at) + REST);
            copies.rests[i] = rest >>> 32 | rest << 32;
            copies.addresses[i] = words.get64(entry(at) + ADDRESS);
            last = at;
            at = words.get16(entry(at) + NEXT);
        }
        refuseIf(words.get16(entry(first) + LAST) != last, "last entry of " + first, last);
        return new Recovered(
                first,
                copies,
                words.get64(entry(first) + COUNTER),
                EntryStates.attempts(words, entry(first)),
                EntryStates.isWaiting(words, entry(first)));
    }

    /** What was about to be taken, or has been given back, is not in flight. The list was read before. */
    void clearFree(int free) {
        int at = free;
        for (int i = 0; i < size && at < size; i++) {
            words.set8(entry(at) + INFLIGHT, 0);
            at = words.get16(entry(at) + NEXT);
        }
    }

    static void refuseIf(boolean wrong, String what, int value) throws InflightLogException {
        if (wrong) {
            throw new InflightLogException(what + ": " + value);
        }
    }
}
