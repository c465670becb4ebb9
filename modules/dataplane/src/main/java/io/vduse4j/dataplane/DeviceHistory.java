package io.vduse4j.dataplane;

/** What of a device outlives its sessions. Any thread. */
public final class DeviceHistory {

    private final FaultLog faults;
    private final LeftWrites left = new LeftWrites();

    /**
     * Of a device that nothing has happened to yet.
     *
     * @param device its name, for the lines of the log
     */
    public DeviceHistory(String device) {
        faults = new FaultLog(device);
    }

    /** Where the faults of its drivers are written down: a reset does not let a driver write more. */
    FaultLog faults() {
        return faults;
    }

    /** What sessions that were given up have left with the backend. */
    LeftWrites left() {
        return left;
    }
}
