package io.vduse4j.embedded;

import io.vduse4j.embedded.vdpa.VdpaBusDriver;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.LinuxException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A driver that takes devices and does nothing to them: the test calls what a driver would. */
final class IdleDriver implements VdpaBusDriver {
    private final String name;
    final List<VdpaOps> devices = new CopyOnWriteArrayList<>();
    final List<String> log = new ArrayList<>();
    Runnable onProbe = () -> {};
    int refuses;

    IdleDriver(String name) {
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Binding probe(VdpaOps device) throws LinuxException {
        onProbe.run();
        if (refuses != 0) {
            throw new LinuxException("probe", device.name(), refuses);
        }
        devices.add(device);
        log.add("probe " + device.name());
        return () -> {
            devices.remove(device);
            log.add("remove " + device.name());
        };
    }
}
