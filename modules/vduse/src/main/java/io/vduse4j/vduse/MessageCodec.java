package io.vduse4j.vduse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.vduse4j.vduse.abi.DevRequestLayout;
import io.vduse4j.vduse.abi.DevResponseLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Bytes of messages and replies. A reply is written into fresh memory, so that all it does not name is zero. */
final class MessageCodec {
    private MessageCodec() {}

    static VduseMessage decode(MemorySegment request) {
        int id = request.get(JAVA_INT, DevRequestLayout.REQUEST_ID);
        int type = request.get(JAVA_INT, DevRequestLayout.TYPE);
        return switch (type) {
            case VduseAbi.VDUSE_GET_VQ_STATE ->
                new VduseMessage.GetQueueState(id, request.get(JAVA_INT, DevRequestLayout.VQ_INDEX));
            case VduseAbi.VDUSE_SET_STATUS ->
                new VduseMessage.SetStatus(id, Byte.toUnsignedInt(request.get(JAVA_BYTE, DevRequestLayout.STATUS)));
            case VduseAbi.VDUSE_UPDATE_IOTLB ->
                new VduseMessage.UpdateIotlb(
                        id,
                        request.get(JAVA_LONG, DevRequestLayout.IOVA_START),
                        request.get(JAVA_LONG, DevRequestLayout.IOVA_LAST),
                        request.get(JAVA_INT, VduseApi1.REQUEST_IOVA_ASID));
            case VduseApi1.VDUSE_SET_VQ_GROUP_ASID ->
                new VduseMessage.SetGroupAsid(
                        id,
                        request.get(JAVA_INT, VduseApi1.REQUEST_GROUP),
                        request.get(JAVA_INT, VduseApi1.REQUEST_GROUP_ASID));
            case VduseApi1.VDUSE_SET_VQ_READY ->
                new VduseMessage.SetQueueReady(
                        id,
                        request.get(JAVA_INT, VduseApi1.REQUEST_READY_VQ),
                        request.get(JAVA_INT, VduseApi1.REQUEST_READY) != 0);
            case VduseApi1.VDUSE_SUSPEND -> new VduseMessage.Suspend(id);
            default -> new VduseMessage.Unknown(id, type);
        };
    }

    /** A reply without a state. */
    static MemorySegment result(Arena arena, int id, int result) {
        var response = arena.allocate(DevResponseLayout.SIZE, Long.BYTES);
        response.set(JAVA_INT, DevResponseLayout.REQUEST_ID, id);
        response.set(JAVA_INT, DevResponseLayout.RESULT, result);
        return response;
    }

    /** The state of a split queue. */
    static MemorySegment queueState(Arena arena, int id, int index, int availIndex) {
        var response = result(arena, id, VduseAbi.VDUSE_REQ_RESULT_OK);
        response.set(JAVA_INT, DevResponseLayout.VQ_INDEX, index);
        response.set(JAVA_SHORT, DevResponseLayout.SPLIT_AVAIL_INDEX, (short) availIndex);
        return response;
    }

    /** The state of a packed queue: wrap counters and positions apart. */
    static MemorySegment packedState(Arena arena, int id, int index, VirtqueueState state) {
        var response = result(arena, id, VduseAbi.VDUSE_REQ_RESULT_OK);
        response.set(JAVA_INT, DevResponseLayout.VQ_INDEX, index);
        response.set(JAVA_SHORT, DevResponseLayout.PACKED_LAST_AVAIL_COUNTER, counter(state.avail()));
        response.set(JAVA_SHORT, DevResponseLayout.PACKED_LAST_AVAIL_IDX, position(state.avail()));
        response.set(JAVA_SHORT, DevResponseLayout.PACKED_LAST_USED_COUNTER, counter(state.used()));
        response.set(JAVA_SHORT, DevResponseLayout.PACKED_LAST_USED_IDX, position(state.used()));
        return response;
    }

    private static short counter(int packed) {
        return (short) ((packed & VirtqueueState.WRAP) == 0 ? 0 : 1);
    }

    private static short position(int packed) {
        return (short) (packed & ~VirtqueueState.WRAP);
    }
}
