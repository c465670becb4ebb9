package io.vduse4j.nbd;

import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Limits;
import io.vduse4j.block.Request;

/** One task under way: cut into pieces that the volume takes, one after the other, and made stable at its end. */
final class VolumeSlot {
    /** What comes next. */
    enum Next {
        REQUEST,
        FLUSH,
        STATUS,
        DONE
    }

    final int number;
    final Request request = new Request();
    private final Limits limits;
    private final long iovec;
    private VolumeTask task;
    private long position;
    private boolean flushing;

    /**
     * Makes a slot.
     *
     * @param iovec address of one entry of private memory
     */
    VolumeSlot(int number, Limits limits, long iovec) {
        this.number = number;
        this.limits = limits;
        this.iovec = iovec;
    }

    void begin(VolumeTask newTask) {
        task = newTask;
        position = 0;
        flushing = false;
    }

    /** Prepares the next step. */
    Next next() {
        if (task.kind() == VolumeTask.Kind.STATUS) {
            return Next.STATUS;
        }
        if (position < task.length()) {
            fill();
            position += request.length;
            return Next.REQUEST;
        }
        // Reads, writes and zeroes know FUA themselves.
        boolean flush = task.kind() == VolumeTask.Kind.FLUSH || (task.kind() == VolumeTask.Kind.DISCARD && task.fua());
        if (flush && !flushing) {
            flushing = true;
            return Next.FLUSH;
        }
        return Next.DONE;
    }

    private void fill() {
        boolean moves = task.kind() == VolumeTask.Kind.READ || task.kind() == VolumeTask.Kind.WRITE;
        request.op = switch (task.kind()) {
            case READ -> Request.Op.READ;
            case WRITE -> Request.Op.WRITE;
            case DISCARD -> Request.Op.DISCARD;
            case WRITE_ZEROES -> Request.Op.WRITE_ZEROES;
            case FLUSH, STATUS -> throw new IllegalStateException(task.kind() + " is no request of a channel");
        };
        request.offset = task.offset() + position;
        request.length = Math.min(task.length() - position, moves ? limits.maxTransfer() : limits.maxZeroes());
        request.fua = task.fua() && task.kind() != VolumeTask.Kind.DISCARD;
        request.unmap = task.unmap();
        request.iov = moves ? iovec : 0;
        request.iovCount = moves ? 1 : 0;
        if (moves) {
            Iovecs.set(iovec, 0, task.address() + position, request.length);
        }
    }

    /** Whether what was begun last is the volume's flush, not a request of the channel. */
    boolean isFlushing() {
        return flushing;
    }

    /** The task under way. */
    VolumeTask task() {
        return task;
    }

    /** Lets go of the task; returns where it is to end. */
    NbdCompletion end() {
        var done = task.done();
        task = null;
        return done;
    }
}
