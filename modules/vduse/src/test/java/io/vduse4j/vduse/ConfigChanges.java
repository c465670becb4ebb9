package io.vduse4j.vduse;

import io.vduse4j.virtio.HandlerContext;
import io.vduse4j.virtio.QueueHandler;
import io.vduse4j.virtio.VirtioDevice;
import java.io.IOException;

/** A device whose configuration changes when the test says so. */
record ConfigChanges(VirtioDevice device, Runnable[] listener) implements VirtioDevice {

    @Override
    public int deviceId() {
        return device.deviceId();
    }

    @Override
    public long features() {
        return device.features();
    }

    @Override
    public int queues() {
        return device.queues();
    }

    @Override
    public int maxQueueSize() {
        return device.maxQueueSize();
    }

    @Override
    public byte[] config() {
        return device.config();
    }

    @Override
    public void onConfigChange(Runnable told) {
        listener[0] = told;
    }

    @Override
    public QueueHandler handler(HandlerContext context, long features) throws IOException {
        return device.handler(context, features);
    }
}
