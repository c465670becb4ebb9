package io.vduse4j.vduse;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;

/**
 * The ioctls of a node with their failures as exceptions.
 *
 * @param node the node
 * @param object what errors call it
 */
record NodeCalls(VduseNode node, String object) {

    int ioctl(String call, int request, MemorySegment argument) throws LinuxException {
        return ioctl(call, request, argument, object);
    }

    /** As above, for a call on the control node about a device. */
    int ioctl(String call, int request, MemorySegment argument, String device) throws LinuxException {
        return orThrow(node.ioctl(request, argument), call, request, device);
    }

    int orThrow(int result, String call, int request, String about) throws LinuxException {
        if (result < 0) {
            throw new LinuxException(call, about, -result, IoctlHints.of(request, -result));
        }
        return result;
    }
}
