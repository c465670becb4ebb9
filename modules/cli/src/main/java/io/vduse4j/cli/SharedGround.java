package io.vduse4j.cli;

import io.vduse4j.Hosts;
import io.vduse4j.block.Backend;
import io.vduse4j.daemon.Volumes;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.util.Optional;

/** What the disks of a daemon share: one host, the volumes, and the workers of those that want none of their own. */
final class SharedGround implements Ground, AutoCloseable {
    private final String hostName;
    private final WorkerPool pool;
    private final Volumes volumes = new Volumes();
    private Optional<VduseHost> host = Optional.empty();

    /**
     * Prepares.
     *
     * @param hostName as {@link Hosts#open} takes it; opened when the first disk needs it
     * @param pool closed with this
     */
    SharedGround(String hostName, WorkerPool pool) {
        this.hostName = hostName;
        this.pool = pool;
    }

    @Override
    public synchronized VduseHost host(RunSettings settings) throws IOException {
        if (host.isEmpty()) {
            host = Optional.of(Hosts.open(hostName));
        }
        return host.get();
    }

    /** It stays for other disks. */
    @Override
    public void release(VduseHost used) {
        // Closed at the end.
    }

    @Override
    public Backend volume(RunSettings settings) throws IOException {
        return volumes.open(settings.backend(), settings.backendOptions(), settings.name());
    }

    @Override
    public Optional<WorkerPool> workers(RunSettings settings) {
        return settings.dedicated() ? Optional.empty() : Optional.of(pool);
    }

    /** All disks must have gone. */
    @Override
    public synchronized void close() {
        host.ifPresent(VduseHost::close);
        pool.close();
    }
}
