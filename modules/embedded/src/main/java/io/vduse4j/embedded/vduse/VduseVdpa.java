package io.vduse4j.embedded.vduse;

import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.vduse4j.embedded.iova.IovaDomain;
import io.vduse4j.embedded.vdpa.DmaDomain;
import io.vduse4j.embedded.vdpa.Iotlb;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.embedded.vdpa.VqCallback;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.DevResponseLayout;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.virtio.VirtioFeatures;
import java.lang.foreign.MemorySegment;

/**
 * A VDUSE device on the vdpa bus: which calls of a driver become messages, and what they change (kernel-behaviour 4.1).
 *
 * @param dev the device
 */
record VduseVdpa(VduseDev dev) implements VdpaOps {
    private static final long COUNTER = 1;
    private static final long INDEX = 0x7fff;

    @Override
    public String name() {
        return dev.created().name();
    }

    @Override
    public int deviceId() {
        return dev.created().deviceId();
    }

    @Override
    public int vendorId() {
        return dev.created().vendorId();
    }

    @Override
    public int vqCount() {
        return dev.vqNum();
    }

    @Override
    public int vqAlign() {
        return dev.created().vqAlign();
    }

    @Override
    public int vqNumMax() {
        int max = 0;
        for (int queue = 0; queue < dev.vqNum(); queue++) {
            max = Math.max(max, dev.vq(queue).maxSize());
        }
        return max;
    }

    @Override
    public int vqSize(int queue) {
        int num = dev.vq(queue).layout().num();
        return num != 0 ? num : dev.vq(queue).maxSize();
    }

    @Override
    public long deviceFeatures() {
        return dev.created().features();
    }

    @Override
    public long driverFeatures() {
        return dev.driverFeatures();
    }

    @Override
    public void setDriverFeatures(long features) {
        dev.setDriverFeatures(features);
    }

    @Override
    public boolean canSuspend() {
        return dev.has(VduseApi1.VDUSE_F_SUSPEND);
    }

    @Override
    public int status() {
        return dev.status();
    }

    @Override
    public void setStatus(int status) {
        if (dev.send(Message.setStatus(status)) == 0) {
            dev.setStatus(status);
        }
    }

    @Override
    public int reset() {
        int result = dev.send(Message.setStatus(0));
        dev.reset();
        return result;
    }

    @Override
    public int configSize() {
        return (int) dev.config().byteSize();
    }

    @Override
    public int generation() {
        return dev.generation();
    }

    @Override
    public void config(int offset, MemorySegment into) {
        into.fill((byte) 0);
        long size = dev.config().byteSize();
        if (offset >= 0 && offset < size) {
            MemorySegment.copy(dev.config(), offset, into, 0, Math.min(into.byteSize(), size - offset));
        }
    }

    @Override
    public void setConfigCallback(Runnable callback) {
        dev.configInterrupt().setCallback(callback);
    }

    @Override
    public void setVqAddress(int queue, long desc, long driver, long device) {
        var vq = dev.vq(queue);
        vq.setLayout(vq.layout().withAddress(desc, driver, device));
    }

    @Override
    public void setVqNum(int queue, int num) {
        var vq = dev.vq(queue);
        vq.setLayout(vq.layout().withNum(num));
    }

    @Override
    public void setVqState(int queue, long state) {
        var vq = dev.vq(queue);
        vq.setLayout(vq.layout().withState(state));
    }

    @Override
    public long vqState(int queue) {
        var message = Message.getVqState(queue);
        int result = dev.send(message);
        if (result < 0) {
            return result;
        }
        long first = field(message, DevResponseLayout.SPLIT_AVAIL_INDEX);
        if ((dev.driverFeatures() & VirtioFeatures.RING_PACKED) == 0) {
            return first;
        }
        return (first & COUNTER)
                | (field(message, DevResponseLayout.PACKED_LAST_AVAIL_IDX) & INDEX) << 16
                | (field(message, DevResponseLayout.PACKED_LAST_USED_COUNTER) & COUNTER) << 32
                | (field(message, DevResponseLayout.PACKED_LAST_USED_IDX) & INDEX) << 48;
    }

    private static long field(Message message, int offset) {
        return Short.toUnsignedLong(message.response().get(JAVA_SHORT_UNALIGNED, offset));
    }

    /** A daemon that refuses has lost count of the queues: the device is broken (kernel-behaviour 1.4). */
    @Override
    public void setVqReady(int queue, boolean ready) {
        if (dev.has(VduseApi1.VDUSE_F_QUEUE_READY) && dev.send(Message.setVqReady(queue, ready)) < 0) {
            dev.messages().breakDevice();
            return;
        }
        dev.vq(queue).setReady(ready);
    }

    @Override
    public boolean vqReady(int queue) {
        return dev.vq(queue).isReady();
    }

    @Override
    public void setVqCallback(int queue, VqCallback callback) {
        dev.vq(queue).setCallback(callback);
    }

    @Override
    public void kickVq(int queue) {
        if (!dev.isSuspended()) {
            dev.vq(queue).kick();
        }
    }

    @Override
    public int groupCount() {
        return dev.created().groups();
    }

    @Override
    public int asCount() {
        return dev.spaces();
    }

    @Override
    public boolean hasGroups() {
        return dev.kernel().apiVersion() >= VduseApi1.VDUSE_API_VERSION_1;
    }

    @Override
    public int vqGroup(int queue) {
        return dev.vq(queue).group();
    }

    @Override
    public int setGroupAsid(int group, int asid) {
        boolean known = Integer.compareUnsigned(group, groupCount()) < 0 && isSpace(asid);
        if (!dev.isGrouped() || !known) {
            return -Errno.EINVAL;
        }
        int result = dev.send(Message.setVqGroupAsid(group, asid));
        if (result == 0) {
            dev.setGroupAsid(group, asid);
        }
        return result;
    }

    private boolean isSpace(int asid) {
        return Integer.compareUnsigned(asid, asCount()) < 0;
    }

    /** The daemon can ask for the new mappings before it has answered (kernel-behaviour 12). */
    @Override
    public int setMap(int asid, Iotlb mappings) {
        if (!isSpace(asid)) {
            return -Errno.EINVAL;
        }
        var domain = domainOf(asid);
        try {
            domain.setMap(mappings);
        } catch (LinuxException failure) {
            return -failure.errno();
        }
        int result = dev.send(Message.updateIotlb(asid));
        if (result < 0) {
            domain.clearMap(mappings);
        }
        return result;
    }

    @Override
    public int suspend() {
        if (!canSuspend()) {
            return -Errno.EOPNOTSUPP;
        }
        int result = dev.send(Message.suspend());
        if (result == 0) {
            dev.suspend();
        }
        return result;
    }

    @Override
    public DmaDomain domain(int queue) {
        return domainOf(dev.groupAsid(vqGroup(queue)));
    }

    private IovaDomain domainOf(int asid) {
        return dev.space(asid)
                .domain()
                .orElseThrow(() -> new IllegalStateException(name() + " is not on the vdpa bus"));
    }
}
