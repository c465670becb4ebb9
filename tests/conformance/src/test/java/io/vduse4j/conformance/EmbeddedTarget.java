package io.vduse4j.conformance;

import io.vduse4j.embedded.EmbeddedKernel;
import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.embedded.vhost.VhostVdpa;
import io.vduse4j.embedded.virtio.VirtioVdpa;
import io.vduse4j.embedded.virtio.VirtioVdpaOptions;
import io.vduse4j.testkit.VhostNode;
import io.vduse4j.testkit.conformance.ConformanceTarget;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;

/** An embedded kernel of its own for each case, with both of its bus drivers. */
final class EmbeddedTarget implements ConformanceTarget {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** As many as the guest has, so that more queues than processors are a case here too. */
    private static final int CPUS = 2;

    private final VirtioVdpa virtio =
            new VirtioVdpa(VirtioVdpaOptions.DEFAULT.withCpus(CPUS).withTimeouts(LIMIT));
    private final VhostVdpa vhost = new VhostVdpa(LIMIT);
    private final EmbeddedKernel kernel;
    private final long apiVersion;

    EmbeddedTarget(KernelProfile profile, long apiVersion) {
        kernel = new EmbeddedKernel(profile, List.of(virtio, vhost));
        this.apiVersion = apiVersion;
    }

    @Override
    public VduseHost host() {
        return kernel;
    }

    @Override
    public long apiVersion() {
        return apiVersion;
    }

    @Override
    public int cpus() {
        return CPUS;
    }

    @Override
    public VhostNode openVhost(String device) throws IOException {
        return VhostNode.of(device, vhost.open(device));
    }

    @Override
    public void readDisk(String device, long offset, MemorySegment into) throws IOException {
        virtio.awaitDisk(device, LIMIT).read(offset, into, LIMIT);
    }

    @Override
    public void close() {
        kernel.close();
    }
}
