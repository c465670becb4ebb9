package io.vduse4j.vduse;

import java.util.ArrayList;
import java.util.List;

/**
 * What the control thread owes while workers drain, each with a deadline: the kernel breaks a device for good that stays
 * silent (BUG-14). Belongs to the control thread.
 */
final class OwedReplies {

    /** Something that is owed until it is settled or its time is over. */
    static final class Owed {
        private final long deadline;
        private final Runnable onDeadline;

        private Owed(long deadline, Runnable onDeadline) {
            this.deadline = deadline;
            this.onDeadline = onDeadline;
        }
    }

    private final List<Owed> owed = new ArrayList<>();

    /** Owes something; {@code onDeadline} gives it if nobody else has until then. */
    Owed owe(long nanos, Runnable onDeadline) {
        Owed one = new Owed(System.nanoTime() + nanos, onDeadline);
        owed.add(one);
        return one;
    }

    /** Whether it was still owed; it is not any more. */
    boolean settle(Owed one) {
        return owed.remove(one);
    }

    /** Gives everything whose time is over. */
    void runOverdue() {
        long now = System.nanoTime();
        List<Owed> overdue =
                owed.stream().filter(one -> now - one.deadline >= 0).toList();
        for (Owed one : overdue) {
            if (settle(one)) { // one may have settled another
                one.onDeadline.run();
            }
        }
    }

    /** Milliseconds to the next deadline, rounded up; -1 if nothing is owed. */
    long millisLeft() {
        long now = System.nanoTime();
        return owed.stream()
                .mapToLong(one -> Math.max(0, (one.deadline - now + 999_999) / 1_000_000))
                .min()
                .orElse(-1);
    }
}
