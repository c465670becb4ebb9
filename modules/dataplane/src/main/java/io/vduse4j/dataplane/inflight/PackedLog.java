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
import java.util.List;

/**
 * The log of a packed queue, one chain at a time (reliability B4). A chain is in flight from the store that takes its
 * entries off the free list. It ends by the flags in the ring: before them the entries go back on the list and the used
 * side moves on, after them the shadows of both follow, the list before the used side; a successor sees by the ring
 * whether to go forward or back.
 */
final class PackedLog implements QueueLog {

    private final LogWords words;
    private final int size;

    /** The first entry of the chain of each slot of the queue. */
    private final int[] entryOf;

    private int freeHead;
    private int used;
    private int publishing;
    private long counter;

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
    }

    @Override
    public boolean wantsOneByOne() {
        return true;
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

    /** {@inheritDoc} There are as many entries as descriptors, and the queue has no more in flight than it has. */
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
        int oldFree = freeHead;
        Failpoint.reach("packed.completed");
        words.set16(entry(words.get16(entry(first) + LAST)) + NEXT, oldFree);
        freeHead = first;
        words.set64(LIST, listWord(first, oldFree));
        Failpoint.reach("packed.completed.list");
        int old = used;
        int next = (old & ~VirtqueueState.WRAP) + words.get16(entry(first) + NUM);
        used = next >= size ? (next - size) | (~old & VirtqueueState.WRAP) : next | (old & VirtqueueState.WRAP);
        words.set64(USED, usedWord(used, old));
        publishing = first;
        Failpoint.reach("packed.completed.done");
    }

    @Override
    public void published(int nextUsed) {
        Failpoint.reach("packed.published");
        words.set8(entry(publishing) + INFLIGHT, 0);
        Failpoint.reach("packed.published.cleared");
        words.set64(LIST, listWord(freeHead, freeHead));
        Failpoint.reach("packed.published.list");
        words.set64(USED, usedWord(used, used));
        Failpoint.reach("packed.published.done");
    }
}
