package io.vduse4j.cli;

import io.vduse4j.block.Backend;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.util.Optional;

/**
 * The ground of disks that a killed process had: only a volume on which its writes have outlived it is served again (P1).
 *
 * @param ground what they stand on otherwise
 */
record RecoveryGround(Ground ground) implements Ground {
    @Override
    public VduseHost host(RunSettings settings) throws IOException {
        return ground.host(settings);
    }

    @Override
    public void release(VduseHost host) {
        ground.release(host);
    }

    /**
     * {@inheritDoc}
     *
     * @throws LinuxException EOPNOTSUPP if what was acknowledged is lost
     */
    @Override
    public Backend volume(RunSettings settings) throws IOException {
        var volume = ground.volume(settings);
        var durability = volume.durability();
        if (durability.survivesProcess()) {
            return volume;
        }
        var lost = new LinuxException(
                "serve again",
                settings.name(),
                Errno.EOPNOTSUPP,
                "what was written to " + volume.describe() + " went with the process: " + durability.reason()
                        + "; \"vduse rm " + settings.name() + "\" forgets the export");
        DiskServer.closeAfter(lost, volume);
        throw lost;
    }

    @Override
    public Optional<WorkerPool> workers(RunSettings settings) {
        return ground.workers(settings);
    }
}
