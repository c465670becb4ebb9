package io.vduse4j.dataplane.inflight;

import static io.vduse4j.dataplane.inflight.PackedLogLayout.ADDRESS;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.COUNTER;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.FREE_HEAD;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.INFLIGHT;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.LAST;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.LIST;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.NEXT;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.NUM;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.OLD_FREE_HEAD;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.REST;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.USED;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.VERSION;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.VERSION_1;
import static io.vduse4j.dataplane.inflight.PackedLogLayout.entry;

import io.vduse4j.linux.Failpoint;
import io.vduse4j.virtio.DescriptorList;
import io.vduse4j.virtio.VirtqueueState;
import java.util.Arrays;
import java.util.List;

/**
 * The log of a packed queue (reliability B4). A chain is in flight from the store that takes its entries off the free list.
 * It ends, with its batch, by the flags of the batch's first chain in the ring: before them the entries go back on the list
 * and the used side moves on, after them the shadows of both follow, the list before the used side; a successor sees by the
 * ring whether to go forward or back, and by the list which chains were given back together.
 */
final class PackedLog implements QueueLog {

    private final LogWords words;
    private final int size;

    /** The first entry of the chain of each slot of the queue. */
    private final int[] entryOf;

    private int freeHead;
    private int used;

    /** The used side before the chains that are not yet published. */
    private int usedBefore;

    private long counter;

    /** The first entries of the chains that are done and not yet published; the first {@code completed} count. */
    private final int[] batch;

    private int completed;

    private final EntryStates states;

    /**
     * Looks at the log of a queue.
     *
     * @param words at least {@link PackedLogLayout#bytes}
     * @param size entries of the queue
     */
    PackedLog(LogWords words, int size) {
        this.words = words;
        this.size = size;
        states = new EntryStates(words, size);
        entryOf = new int[size];
        batch = new int[size];
    }

    /** Whether a region of at most so many entries says that something is in flight; nothing is checked. */
    static boolean holdsSome(LogWords words, int size) {
        boolean some = false;
        for (int i = 0; i < size; i++) {
            some |= words.get8(entry(i) + INFLIGHT) != 0;
        }
        return some && words.get16(VERSION) != 0;
    }

    @Override
    public boolean isFresh() {
        return words.get16(VERSION) == 0;
    }

    /** {@inheritDoc} The version comes last: until it stands there, nothing here counts. */
    @Override
    public void begin(int usedNow) {
        Failpoint.reach("packed.begin");
        words.set16(VERSION, 0);
        for (int i = 0; i < size; i++) {
            words.set8(entry(i) + INFLIGHT, 0);
            words.set16(entry(i) + NEXT, i + 1);
        }
        freeHead = 0;
        used = usedNow;
        usedBefore = usedNow;
        counter = 0;
        words.set64(USED, usedWord(usedNow, usedNow));
        Failpoint.reach("packed.begin.version");
        words.set64(LIST, listWord(0, 0));
    }

    private long listWord(int free, int oldFree) {
        return VERSION_1 | (long) size << 16 | (long) free << 32 | (long) oldFree << 48;
    }

    private static long usedWord(int now, int old) {
        return (now & ~VirtqueueState.WRAP)
                | (long) (old & ~VirtqueueState.WRAP) << 16
                | (long) (now >>> 15) << 32
                | (long) (old >>> 15) << 40;
    }

    @Override
    public int before() {
        long word = words.get64(USED);
        return position((int) (word >>> 16), (int) (word >>> 40));
    }

    @Override
    public int after() {
        long word = words.get64(USED);
        return position((int) word, (int) (word >>> 32));
    }

    private static int position(int index, int wrap) {
        return (index & 0x7fff) | (wrap & 1) << 15;
    }

    /**
     * {@inheritDoc} From the head of the free list to its shadow, the last chain first. Nothing is told of a log that would
     * not be believed if the batch was shown: whoever asks is about to write into the ring.
     */
    @Override
    public int[] batch() throws InflightLogException {
        int end = words.get16(OLD_FREE_HEAD);
        int left = distance(before(), after());
        PackedEntries.refuseIf(left < 0 || left > size, "descriptors given back at once", left);
        if (left == 0 || words.get16(FREE_HEAD) == end) {
            return new int[0];
        }
        new PackedEntries(words, size).read(words.get16(FREE_HEAD), before(), after());
        int[] chains = new int[size];
        int from = size;
        int at = words.get16(FREE_HEAD);
        while (at != end) {
            PackedEntries.refuseIf(at >= size || words.get16(entry(at) + LAST) >= size, "entry of a batch", at);
            int count = words.get16(entry(at) + NUM);
            PackedEntries.refuseIf(count == 0 || count > left, "descriptors of entry " + at, count);
            left -= count;
            chains[--from] = count;
            at = words.get16(entry(words.get16(entry(at) + LAST)) + NEXT);
        }
        PackedEntries.refuseIf(left > 0, "descriptors that nothing was given back for", left);
        return Arrays.copyOfRange(chains, from, size);
    }

    /** Descriptors from one position to the other, 0 to the queue's size if both are positions of it. */
    private int distance(int from, int to) {
        int ahead = (to & ~VirtqueueState.WRAP) - (from & ~VirtqueueState.WRAP);
        return (from & VirtqueueState.WRAP) == (to & VirtqueueState.WRAP) ? ahead : ahead + size;
    }

    @Override
    public List<Recovered> recover(int usedNow) throws InflightLogException {
        // The pair of index and wrap counter: a chain over the whole ring comes back to the same index.
        boolean shown = before() != after() && usedNow == after();
        int free = words.get16(shown ? FREE_HEAD : OLD_FREE_HEAD);
        var entries = new PackedEntries(words, size);
        List<Recovered> chains = entries.read(free, before(), after());
        // The list first: while the used side is at odds, the next look asks the ring again.
        Failpoint.reach("packed.recover.list");
        words.set64(LIST, listWord(free, free));
        Failpoint.reach("packed.recover.used");
        words.set64(USED, usedWord(usedNow, usedNow));
        Failpoint.reach("packed.recover.clear");
        entries.clearFree(free);
        Failpoint.reach("packed.recover.done");
        freeHead = free;
        used = usedNow;
        usedBefore = usedNow;
        counter = chains.isEmpty() ? 0 : chains.getLast().counter();
        return chains;
    }

    @Override
    public void retaken(int slot, Recovered chain) {
        entryOf[slot] = chain.entry();
        states.retaken(slot, chain);
        Failpoint.reach("packed.retaken");
    }

    @Override
    public void begins(int slot) {
        states.begins(entry(entryOf[slot]));
    }

    /** {@inheritDoc} There are as many entries as descriptors, and what the queue has in flight or not yet shown is no more. */
    @Override
    public void fetched(int slot, DescriptorList list) {
        Failpoint.reach("packed.fetched");
        int first = freeHead;
        int count = list.descriptors();
        int at = first;
        int last = first;
        for (int i = 0; i < count; i++) {
            last = at;
            long rest = list.rest(i); // in the ring: length, id, flags; here: id, flags, length
            words.set64(entry(at) + REST, rest >>> 32 | rest << 32);
            words.set64(entry(at) + ADDRESS, list.address(i));
            at = words.get16(entry(at) + NEXT);
        }
        words.set16(entry(first) + LAST, last);
        words.set16(entry(first) + NUM, count);
        words.set64(entry(first) + COUNTER, ++counter);
        Failpoint.reach("packed.fetched.entries");
        words.set16(entry(first) + INFLIGHT, 1);
        Failpoint.reach("packed.fetched.flag");
        freeHead = at;
        words.set64(LIST, listWord(at, at));
        entryOf[slot] = first;
        Failpoint.reach("packed.fetched.done");
    }

    @Override
    public void heldBack(int slot) {
        states.heldBack(slot, entry(entryOf[slot]));
    }

    @Override
    public void started(int slot) {
        states.started(entry(entryOf[slot]));
    }

    @Override
    public void completed(int slot) {
        int first = entryOf[slot];
        batch[completed++] = first;
        int next = (used & ~VirtqueueState.WRAP) + words.get16(entry(first) + NUM);
        used = next >= size ? (next - size) | (~used & VirtqueueState.WRAP) : next | (used & VirtqueueState.WRAP);
    }

    @Override
    public void publishing() {
        Failpoint.reach("packed.publishing");
        int oldFree = freeHead;
        for (int i = 0; i < completed; i++) {
            words.set16(entry(words.get16(entry(batch[i]) + LAST)) + NEXT, freeHead);
            freeHead = batch[i];
        }
        Failpoint.reach("packed.publishing.linked");
        words.set64(LIST, listWord(freeHead, oldFree));
        Failpoint.reach("packed.publishing.list");
        words.set64(USED, usedWord(used, usedBefore));
        Failpoint.reach("packed.publishing.done");
    }

    @Override
    public void published(int nextUsed) {
        if (completed == 0) {
            return;
        }
        Failpoint.reach("packed.published");
        for (int i = 0; i < completed; i++) {
            words.set8(entry(batch[i]) + INFLIGHT, 0);
        }
        completed = 0;
        Failpoint.reach("packed.published.cleared");
        words.set64(LIST, listWord(freeHead, freeHead));
        Failpoint.reach("packed.published.list");
        words.set64(USED, usedWord(used, used));
        usedBefore = used;
        Failpoint.reach("packed.published.done");
    }
}
