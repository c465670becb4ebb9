package io.vduse4j.testkit.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vduse4j.vduse.abi.DevRequestLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseApi1;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** A message of the kernel: all bytes of {@code struct vduse_dev_request}. */
final class Request {
    private final byte[] bytes;

    private Request(byte[] bytes) {
        this.bytes = bytes;
    }

    static Request from(MemorySegment memory) {
        return new Request(memory.asSlice(0, DevRequestLayout.SIZE).toArray(JAVA_BYTE));
    }

    byte[] bytes() {
        return bytes.clone();
    }

    int type() {
        return u32(DevRequestLayout.TYPE);
    }

    int id() {
        return u32(DevRequestLayout.REQUEST_ID);
    }

    boolean isStatus() {
        return type() == VduseAbi.VDUSE_SET_STATUS;
    }

    /** The status that a message of that type sets. */
    int status() {
        return bytes[DevRequestLayout.STATUS] & 0xff;
    }

    int u32(int offset) {
        return at().get(JAVA_INT.withByteAlignment(1), offset);
    }

    long u64(int offset) {
        return at().get(JAVA_LONG.withByteAlignment(1), offset);
    }

    private MemorySegment at() {
        return MemorySegment.ofArray(bytes);
    }

    /** What it says, in the words of a transcript: {@code status 0x0b}, {@code iotlb}, {@code state 1}. */
    String text() {
        return switch (type()) {
            case VduseAbi.VDUSE_GET_VQ_STATE -> "state " + u32(DevRequestLayout.VQ_INDEX);
            case VduseAbi.VDUSE_SET_STATUS -> status(status());
            case VduseAbi.VDUSE_UPDATE_IOTLB -> "iotlb";
            case VduseApi1.VDUSE_SET_VQ_GROUP_ASID ->
                "group " + u32(VduseApi1.REQUEST_GROUP) + " in " + u32(VduseApi1.REQUEST_GROUP_ASID);
            case VduseApi1.VDUSE_SET_VQ_READY ->
                "ready " + u32(VduseApi1.REQUEST_READY_VQ) + " " + u32(VduseApi1.REQUEST_READY);
            case VduseApi1.VDUSE_SUSPEND -> "suspend";
            default -> "type " + type();
        };
    }

    static String status(int status) {
        return "status 0x%02x".formatted(status);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Request request && Arrays.equals(bytes, request.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "message " + id() + " (" + text() + ")";
    }
}
