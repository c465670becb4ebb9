package io.vduse4j.embedded.vduse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.vduse4j.vduse.abi.DevRequestLayout;
import io.vduse4j.vduse.abi.DevResponseLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseApi1;
import java.lang.foreign.MemorySegment;

/** A message to the daemon and, later, its reply. Belongs to the lock of its {@link MessageQueue} once it is sent. */
final class Message {
    private final MemorySegment request = MemorySegment.ofArray(new byte[DevRequestLayout.SIZE]);
    private MemorySegment response = MemorySegment.NULL;
    private boolean done;

    private Message(int type) {
        request.set(JAVA_INT_UNALIGNED, DevRequestLayout.TYPE, type);
    }

    static Message setStatus(int status) {
        var message = new Message(VduseAbi.VDUSE_SET_STATUS);
        message.request.set(JAVA_BYTE, DevRequestLayout.STATUS, (byte) status);
        return message;
    }

    static Message getVqState(int index) {
        return new Message(VduseAbi.VDUSE_GET_VQ_STATE).with(DevRequestLayout.VQ_INDEX, index);
    }

    /** All addresses: the only range that is ever sent (kernel-behaviour 1.4). */
    static Message updateIotlb(int asid) {
        var message = new Message(VduseAbi.VDUSE_UPDATE_IOTLB).with(VduseApi1.REQUEST_IOVA_ASID, asid);
        message.request.set(JAVA_LONG_UNALIGNED, DevRequestLayout.IOVA_LAST, -1L);
        return message;
    }

    static Message setVqGroupAsid(int group, int asid) {
        return new Message(VduseApi1.VDUSE_SET_VQ_GROUP_ASID)
                .with(VduseApi1.REQUEST_GROUP, group)
                .with(VduseApi1.REQUEST_GROUP_ASID, asid);
    }

    static Message setVqReady(int index, boolean ready) {
        return new Message(VduseApi1.VDUSE_SET_VQ_READY)
                .with(VduseApi1.REQUEST_READY_VQ, index)
                .with(VduseApi1.REQUEST_READY, ready ? 1 : 0);
    }

    static Message suspend() {
        return new Message(VduseApi1.VDUSE_SUSPEND);
    }

    private Message with(int offset, int value) {
        request.set(JAVA_INT_UNALIGNED, offset, value);
        return this;
    }

    /** Gives it its number. */
    void number(int id) {
        with(DevRequestLayout.REQUEST_ID, id);
    }

    int id() {
        return request.get(JAVA_INT_UNALIGNED, DevRequestLayout.REQUEST_ID);
    }

    MemorySegment request() {
        return request;
    }

    /** Ends the wait with a reply. */
    void answer(MemorySegment reply) {
        response = reply;
        done = true;
    }

    /** Ends the wait without one. */
    void fail() {
        done = true;
    }

    boolean isDone() {
        return done;
    }

    /** Whether the daemon has agreed. */
    boolean isOk() {
        return response.byteSize() != 0
                && response.get(JAVA_INT_UNALIGNED, DevResponseLayout.RESULT) == VduseAbi.VDUSE_REQ_RESULT_OK;
    }

    /** The reply of a message that {@link #isOk}. */
    MemorySegment response() {
        return response;
    }
}
