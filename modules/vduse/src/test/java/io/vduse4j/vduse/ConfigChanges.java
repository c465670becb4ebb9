package io.vduse4j.vduse;

import io.vduse4j.virtio.HandlerContext;
import io.vduse4j.virtio.QueueHandler;
import io.vduse4j.virtio.VirtioDevice;
import java.io.IOException;

/** A device whose configuration changes when the test says so. */
final class ConfigChanges implements VirtioDevice {

    private final VirtioDevice device;
    private volatile Runnable listener = () -> {};

    ConfigChanges(VirtioDevice device) {
        this.device = device;
    }

    void change() {
        listener.run();
    }

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
        listener = told;
    }

    @Override
    public QueueHandler handler(HandlerContext context, long features) throws IOException {
        return device.handler(context, features);
    }
}
