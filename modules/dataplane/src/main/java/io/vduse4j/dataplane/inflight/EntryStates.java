package io.vduse4j.dataplane.inflight;

/**
 * The byte behind {@code inflight} of each entry, padding in the protocol's layouts: how often a process has died over the
 * chain (bits 0 to 6), and whether it has been held back and had no effect (bit 7). 0 when a chain is taken. The same in
 * both formats; belongs to the queue's worker.
 */
final class EntryStates {

    /** Offset of the byte in an entry of either format. */
    private static final int STATE = 1;

    private static final int WAITING = 0x80;

    private final LogWords words;

    /** By slot, of chains that were retaken: whether they have had no effect in any life. */
    private final boolean[] hadWaited;

    EntryStates(LogWords words, int size) {
        this.words = words;
        hadWaited = new boolean[size];
    }

    /** Deaths over the chain, 0 to {@link Recovered#MAX_ATTEMPTS}. */
    static int attempts(LogWords words, long entry) {
        return words.get8(entry + STATE) & Recovered.MAX_ATTEMPTS;
    }

    /** Whether the chain was held back and has had no effect. */
    static boolean isWaiting(LogWords words, long entry) {
        return (words.get8(entry + STATE) & WAITING) != 0;
    }

    void retaken(int slot, Recovered chain) {
        hadWaited[slot] = chain.waiting();
    }

    /** One death more would be over it. */
    void begins(long entry) {
        int attempts = Math.min(attempts(words, entry) + 1, Recovered.MAX_ATTEMPTS);
        words.set8(entry + STATE, attempts);
    }

    /** One that is done again may have had its effect in an earlier life, unless it had waited there too. */
    void heldBack(int slot, long entry) {
        int attempts = attempts(words, entry);
        if (attempts == 0 || hadWaited[slot]) {
            words.set8(entry + STATE, attempts | WAITING);
        }
    }

    void started(long entry) {
        words.set8(entry + STATE, attempts(words, entry));
    }
}
