package io.vduse4j.vduse;

import io.vduse4j.dataplane.QueueSetup;
import io.vduse4j.dataplane.inflight.InflightLog;
import io.vduse4j.dataplane.inflight.InflightLogException;
import io.vduse4j.dataplane.inflight.LogFile;
import io.vduse4j.dataplane.inflight.LogIdentity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Keeps the log of what is in flight in step with the lives of a device, if there is one. Belongs to the control thread. */
final class DriverLog {

    private final String device;
    private final Optional<LogFile> file;
    private final List<LogIdentity.Ring> rings = new ArrayList<>();

    DriverLog(String device, Optional<LogFile> file) {
        this.device = device;
        this.file = file;
    }

    boolean isKept() {
        return file.isPresent();
    }

    /** Whether an earlier server has begun to serve the driver that runs now. */
    boolean wasBegun() {
        return file.filter(LogFile::saysRunning).isPresent();
    }

    /**
     * The log of a life that begins, or goes on.
     *
     * @throws InflightLogException if it is to go on, and cannot
     */
    InflightLog open(boolean resumes, long features, List<QueueSetup> queues) throws InflightLogException {
        if (file.isEmpty()) {
            return InflightLog.NONE;
        }
        rings.clear();
        queues.forEach(queue -> rings.add(ring(queue)));
        LogIdentity identity = new LogIdentity(device, features, rings);
        return resumes ? file.get().resume(identity) : file.get().begin(identity);
    }

    /** A queue more is served from now on. */
    void add(long features, QueueSetup queue) {
        rings.removeIf(ring -> ring.index() == queue.index());
        rings.add(ring(queue));
        file.ifPresent(log -> log.add(new LogIdentity(device, features, rings)));
    }

    private static LogIdentity.Ring ring(QueueSetup queue) {
        return new LogIdentity.Ring(queue.index(), queue.size(), queue.desc(), queue.driver(), queue.device());
    }

    /** The driver has reset the device, and nothing of it is in flight. */
    void end() {
        file.ifPresent(LogFile::end);
    }
}
