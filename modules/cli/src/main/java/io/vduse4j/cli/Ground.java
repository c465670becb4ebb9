package io.vduse4j.cli;

import io.vduse4j.Hosts;
import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.util.Optional;

/** What a disk stands on. The disks of a daemon share it ({@link SharedGround}). */
interface Ground {
    /** Everything is the disk's own: for one disk in a process. */
    Ground OWN = new Ground() {
        @Override
        public VduseHost host(RunSettings settings) throws IOException {
            return Hosts.open(settings.host());
        }

        @Override
        public void release(VduseHost host) {
            host.close();
        }

        @Override
        public Backend volume(RunSettings settings) throws IOException {
            return Backends.open(settings.backend(), settings.backendOptions());
        }

        @Override
        public Optional<WorkerPool> workers(RunSettings settings) {
            return Optional.empty();
        }
    };

    /** Returns where VDUSE is; to be released. */
    VduseHost host(RunSettings settings) throws IOException;

    /** Takes back what {@link #host} returned, when its disk has gone. */
    void release(VduseHost host);

    /** Opens the volume; to be closed. */
    Backend volume(RunSettings settings) throws IOException;

    /** Returns workers that are not the disk's own; empty if it shall have some of its own. */
    Optional<WorkerPool> workers(RunSettings settings);
}
