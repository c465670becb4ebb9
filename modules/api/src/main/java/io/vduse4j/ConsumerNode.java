package io.vduse4j;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VdpaConsumer;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.time.Duration;

/** What a disk's consumer opens. */
final class ConsumerNode {
    private static final Duration STEP = Duration.ofMillis(20);

    private ConsumerNode() {}

    /**
     * Waits until the node is there and, for a block device, has its size.
     *
     * @throws LinuxException ETIMEDOUT if it does not come
     */
    static String await(VduseHost host, String name, Bus bus, long size, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            var consumer = host.consumer(name).filter(found -> isUsable(found, bus, size));
            if (consumer.isPresent()) {
                return consumer.get().node();
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new LinuxException("wait for the device of", name, Errno.ETIMEDOUT, hint(bus));
            }
            pause();
        }
    }

    private static boolean isUsable(VdpaConsumer consumer, Bus bus, long size) {
        return bus == Bus.VIRTIO
                ? consumer.size().isPresent() && consumer.size().getAsLong() == size
                : consumer.size().isEmpty();
    }

    private static String hint(Bus bus) {
        return bus == Bus.VIRTIO
                ? "no /dev/vdX came: is the virtio_blk module there (modprobe virtio-blk)? dmesg may tell"
                : "no /dev/vhost-vdpa-N came: is the vhost_vdpa module there (modprobe vhost-vdpa)?";
    }

    private static void pause() throws LinuxException {
        try {
            Thread.sleep(STEP);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LinuxException("wait for", "the device", Errno.EINTR);
        }
    }
}
