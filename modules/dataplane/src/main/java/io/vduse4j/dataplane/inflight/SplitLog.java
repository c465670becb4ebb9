package io.vduse4j.dataplane.inflight;

import static io.vduse4j.dataplane.inflight.SplitLogLayout.COUNTER;
import static io.vduse4j.dataplane.inflight.SplitLogLayout.DESC_NUM;
import static io.vduse4j.dataplane.inflight.SplitLogLayout.INFLIGHT;
import static io.vduse4j.dataplane.inflight.SplitLogLayout.LAST_BATCH_HEAD;
import static io.vduse4j.dataplane.inflight.SplitLogLayout.NEXT;
import static io.vduse4j.dataplane.inflight.SplitLogLayout.USED_IDX;
import static io.vduse4j.dataplane.inflight.SplitLogLayout.VERSION;
import static io.vduse4j.dataplane.inflight.SplitLogLayout.VERSION_1;
import static io.vduse4j.dataplane.inflight.SplitLogLayout.entry;

import io.vduse4j.linux.Failpoint;
import io.vduse4j.virtio.DescriptorList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The log of a split queue, with batches (reliability B3). Its order: a chain's counter before its flag, its flag before
 * its effect; the list of a batch before the index in the ring, the index before the flags are cleared, and the index
 * here last.
 */
final class SplitLog implements QueueLog {

    private final LogWords words;
    private final int size;

    /** Heads completed since the last publication; the first {@code completed} count. */
    private final int[] batch;

    private int completed;
    private int lastBatchHead;
    private long counter;

    private final EntryStates states;

    /**
     * Looks at the log of a queue.
     *
     * @param words at least {@link SplitLogLayout#bytes}
     * @param size entries of the queue
     */
    SplitLog(LogWords words, int size) {
        this.words = words;
        this.size = size;
        states = new EntryStates(words, size);
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
    public void begin(int used) {
        Failpoint.reach("split.begin");
        words.set16(VERSION, 0);
        words.set16(DESC_NUM, size);
        words.set16(USED_IDX, used);
        words.set16(LAST_BATCH_HEAD, 0);
        for (int head = 0; head < size; head++) {
            words.set8(entry(head) + INFLIGHT, 0);
        }
        Failpoint.reach("split.begin.version");
        words.set16(VERSION, VERSION_1);
        lastBatchHead = 0;
        completed = 0;
        counter = 0;
    }

    @Override
    public int before() {
        return words.get16(USED_IDX);
    }

    @Override
    public int after() {
        return words.get16(USED_IDX);
    }

    @Override
    public int[] batch() {
        return new int[0];
    }

    @Override
    public List<Recovered> recover(int used) throws InflightLogException {
        refuseIf(words.get16(VERSION) != VERSION_1, "version", words.get16(VERSION));
        refuseIf(words.get16(DESC_NUM) != size, "entries", words.get16(DESC_NUM));
        int shown = (used - words.get16(USED_IDX)) & 0xffff;
        refuseIf(shown > size, "chains given back in one batch", shown);
        checkEntries(shown);
        lastBatchHead = words.get16(LAST_BATCH_HEAD);
        int head = lastBatchHead;
        for (int i = 0; i < shown; i++) {
            Failpoint.reach("split.recover.clear");
            words.set8(entry(head) + INFLIGHT, 0);
            head = words.get16(entry(head) + NEXT);
        }
        Failpoint.reach("split.recover.index");
        words.set16(USED_IDX, used);
        Failpoint.reach("split.recover.done");
        return inFlight();
    }

    /** Everything is looked at before anything is changed. */
    private void checkEntries(int shown) throws InflightLogException {
        int head = words.get16(LAST_BATCH_HEAD);
        for (int i = 0; i < shown; i++) {
            refuseIf(head >= size, "head of a batch", head);
            head = words.get16(entry(head) + NEXT);
        }
        refuseIf(shown == 0 && words.get16(LAST_BATCH_HEAD) >= size, "head of a batch", head);
        for (int i = 0; i < size; i++) {
            int flag = words.get8(entry(i) + INFLIGHT);
            refuseIf(flag > 1, "flag of head " + i, flag);
        }
    }

    private List<Recovered> inFlight() {
        List<Recovered> chains = new ArrayList<>();
        for (int head = 0; head < size; head++) {
            if (words.get8(entry(head) + INFLIGHT) == 1) {
                long taken = words.get64(entry(head) + COUNTER);
                chains.add(new Recovered(
                        head,
                        DescriptorList.NONE,
                        taken,
                        EntryStates.attempts(words, entry(head)),
                        EntryStates.isWaiting(words, entry(head))));
            }
        }
        chains.sort(Comparator.comparingLong(Recovered::counter));
        counter = chains.isEmpty() ? 0 : chains.getLast().counter();
        return chains;
    }

    private static void refuseIf(boolean wrong, String what, int value) throws InflightLogException {
        if (wrong) {
            throw new InflightLogException(what + ": " + value);
        }
    }

    @Override
    public void retaken(int slot, Recovered chain) {
        states.retaken(slot, chain);
        Failpoint.reach("split.retaken");
    }

    @Override
    public void begins(int slot) {
        states.begins(entry(slot));
    }

    /** {@inheritDoc} One store sets the flag and clears what is noted behind it. */
    @Override
    public void fetched(int head, DescriptorList list) {
        Failpoint.reach("split.fetched");
        words.set64(entry(head) + COUNTER, ++counter);
        Failpoint.reach("split.fetched.counter");
        words.set16(entry(head) + INFLIGHT, 1);
        Failpoint.reach("split.fetched.done");
    }

    @Override
    public void heldBack(int slot) {
        states.heldBack(slot, entry(slot));
    }

    @Override
    public void started(int slot) {
        states.started(entry(slot));
    }

    @Override
    public void completed(int head) {
        Failpoint.reach("split.completed");
        words.set16(entry(head) + NEXT, lastBatchHead);
        Failpoint.reach("split.completed.next");
        words.set16(LAST_BATCH_HEAD, head);
        lastBatchHead = head;
        batch[completed++] = head;
        Failpoint.reach("split.completed.done");
    }

    @Override
    public void published(int nextUsed) {
        Failpoint.reach("split.published");
        for (int i = 0; i < completed; i++) {
            words.set8(entry(batch[i]) + INFLIGHT, 0);
        }
        completed = 0;
        Failpoint.reach("split.published.cleared");
        words.set16(USED_IDX, nextUsed);
        Failpoint.reach("split.published.done");
    }
}
