package io.vduse4j.nbd.client;

import io.vduse4j.block.Completions;
import io.vduse4j.block.Request;
import io.vduse4j.nbd.wire.Nbd.Command;
import io.vduse4j.nbd.wire.Nbd.CommandFlag;

/**
 * One request to the server, preallocated with its slot. It belongs to the worker, then to the {@link JobQueue}, then to
 * one {@link Link}, and from a broken link it goes back to the queue; each hands it on under its lock.
 */
final class Job {
    private final int slot;
    private final Completions completions;

    private int command;
    private int flags;
    private long offset;
    private long length;

    /** Address of the private buffer of a READ or WRITE. */
    private long address;

    /** The server has no FUA: the write is stable once a flush that began after it was answered. */
    private boolean flushAfter;

    /** It was answered, and the flush is what is to be sent. */
    private boolean flushing;

    /** {@link Link.Owner#epoch} when it was sent. */
    private long epoch;

    /** Next in the queue, which owns this field. */
    Job next;

    /** Place in the order of submission, given by the queue. */
    long order;

    /** How often a connection broke while this was in flight. */
    private int tries;

    /**
     * Makes the job of a slot.
     *
     * @param completions get a post, never a complete: it ends on threads of the connections
     */
    Job(int slot, Completions completions) {
        this.slot = slot;
        this.completions = completions;
    }

    /**
     * Takes a request of a worker; its iovec is one private buffer.
     *
     * @param fua whether the server knows FUA
     * @param flush whether it knows FLUSH
     */
    void set(Request request, long buffer, boolean fua, boolean flush) {
        command = switch (request.op) {
            case READ -> Command.READ;
            case WRITE -> Command.WRITE;
            case DISCARD -> Command.TRIM;
            case WRITE_ZEROES -> Command.WRITE_ZEROES;
        };
        boolean stable = request.fua && (command == Command.WRITE || command == Command.WRITE_ZEROES);
        flags = stable && fua ? CommandFlag.FUA : 0;
        flags |= command == Command.WRITE_ZEROES && !request.unmap ? CommandFlag.NO_HOLE : 0;
        flushAfter = stable && !fua && flush;
        offset = request.offset;
        length = request.length;
        address = buffer;
        flushing = false;
        tries = 0;
    }

    /** Makes it a flush of the volume. */
    void setFlush() {
        command = Command.FLUSH;
        flags = 0;
        flushAfter = false;
        offset = 0;
        length = 0;
        flushing = false;
        tries = 0;
    }

    /**
     * What is to be sent now. A write that was answered in another life of the server is sent again, not flushed: a flush
     * covers it only in the life in which it was answered.
     */
    int send(long currentEpoch) {
        flushing &= epoch == currentEpoch;
        epoch = currentEpoch;
        return command();
    }

    /** What was sent. */
    int command() {
        return flushing ? Command.FLUSH : command;
    }

    int flags() {
        return flushing ? 0 : flags;
    }

    long offset() {
        return flushing ? 0 : offset;
    }

    long length() {
        return flushing ? 0 : length;
    }

    long address() {
        return address;
    }

    /** Tells whether it must be sent once more, as a flush, now that it was answered well. */
    boolean mustFlush() {
        boolean must = flushAfter && !flushing;
        flushing |= must;
        return must;
    }

    /** Whether what was sent is the flush after a write. */
    boolean isFlushing() {
        return flushing;
    }

    /** Its connection broke; returns how often that has happened to it. */
    int lost() {
        return ++tries;
    }

    void complete(int errno) {
        completions.post(slot, errno);
    }
}
