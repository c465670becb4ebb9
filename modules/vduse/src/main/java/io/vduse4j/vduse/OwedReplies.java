package io.vduse4j.vduse;

import java.util.ArrayList;
import java.util.List;

/**
 * Replies that the control thread owes while workers drain, each with a deadline: the kernel breaks a device for good
 * that stays silent (BUG-14). Belongs to the control thread.
 */
final class OwedReplies {

    private record Owed(int id, long deadline, Runnable onDeadline) {}

    private final List<Owed> owed = new ArrayList<>();

    /** Owes a reply; {@code onDeadline} gives it if nobody else has until then. */
    void owe(int id, long nanos, Runnable onDeadline) {
        owed.add(new Owed(id, System.nanoTime() + nanos, onDeadline));
    }

    /** Whether the reply was still owed; it is not any more. */
    boolean settle(int id) {
        return owed.removeIf(reply -> reply.id() == id);
    }

    /** Gives every reply whose time is over. */
    void runOverdue() {
        long now = System.nanoTime();
        List<Owed> overdue =
                owed.stream().filter(reply -> now - reply.deadline() >= 0).toList();
        owed.removeAll(overdue);
        overdue.forEach(reply -> reply.onDeadline().run());
    }

    /** Milliseconds to the next deadline, rounded up; -1 if nothing is owed. */
    long millisLeft() {
        long now = System.nanoTime();
        return owed.stream()
                .mapToLong(reply -> Math.max(0, (reply.deadline() - now + 999_999) / 1_000_000))
                .min()
                .orElse(-1);
    }
}
