package io.vduse4j.testkit.load;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.testkit.vhostuser.VhostUserFrontEnd;
import io.vduse4j.vhostuser.VhostUserFeatures;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.blk.BlkRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A disk behind a vhost-user socket, of this program or of another; this is its virtual machine. */
public final class VhostUserTarget implements LoadTarget {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final VhostUserFrontEnd frontEnd;
    private final long bytes;
    private final int server;
    private final List<Queue> queues = new ArrayList<>();

    private VhostUserTarget(VhostUserFrontEnd frontEnd, int count, boolean packed, LoadShape shape)
            throws LinuxException {
        this.frontEnd = frontEnd;
        server = frontEnd.socket().socket().peerCredentials().pid();
        long wanted = VhostUserFrontEnd.supported() & ~(packed ? 0 : VirtioFeatures.RING_PACKED);
        frontEnd.negotiate(wanted, VhostUserFeatures.OFFERED);
        bytes = frontEnd.capacity() * BlkRequest.SECTOR_BYTES;
        frontEnd.start(count, LoadQueue.ringSize(shape), 0, 1);
        for (int i = 0; i < count; i++) {
            var area = frontEnd.addMemory(LoadQueue.areaBytes(shape));
            queues.add(new Queue(frontEnd.queue(i).ring(), area, frontEnd.signals(i)));
        }
    }

    /**
     * Connects.
     *
     * @param socket where a back end for block devices listens
     * @param count queues, 1 or more
     * @param packed whether packed queues are taken if they are offered
     * @param shape of the load that is to come
     */
    public static VhostUserTarget connect(Path socket, int count, boolean packed, LoadShape shape)
            throws LinuxException {
        var frontEnd = VhostUserFrontEnd.connect(socket, TIMEOUT);
        try {
            return new VhostUserTarget(frontEnd, count, packed, shape);
        } catch (LinuxException | RuntimeException problem) {
            frontEnd.close();
            throw problem;
        }
    }

    @Override
    public List<Queue> queues() {
        return List.copyOf(queues);
    }

    @Override
    public long bytes() {
        return bytes;
    }

    /** All threads of the process at the other end. */
    @Override
    public long serverNanos() throws IOException {
        return ThreadTimes.nanos(Integer.toString(server), _ -> true);
    }

    @Override
    public void close() {
        frontEnd.close();
    }
}
