package io.vduse4j.testkit.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.blk.BlkConfig;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * What CREATE_DEV is asked for, with no check at all: wrong values are the point.
 *
 * @param name the name; more than 255 bytes are cut off
 * @param deviceId the virtio device type
 * @param features the features offered
 * @param queues number of queues
 * @param alignment of the used ring
 * @param config the configuration space, which nobody changes
 */
record DeviceConfig(String name, int deviceId, long features, int queues, int alignment, MemorySegment config) {
    static final int VENDOR = 0x1af4;
    static final int NET = 1;
    static final int BLOCK = 2;
    static final int FS = 26;
    static final long PLAIN = VirtioFeatures.VERSION_1 | VirtioFeatures.ACCESS_PLATFORM;

    /** A disk without sectors: its driver attaches it without reading anything. */
    static DeviceConfig disk(String name, int queues) {
        return new DeviceConfig(name, BLOCK, PLAIN, queues, 4096, zeroes(BlkConfig.BYTES));
    }

    private static MemorySegment zeroes(int bytes) {
        return MemorySegment.ofArray(new byte[bytes]);
    }

    DeviceConfig withDeviceId(int id) {
        return new DeviceConfig(name, id, features, queues, alignment, config);
    }

    DeviceConfig withFeatures(long bits) {
        return new DeviceConfig(name, deviceId, bits, queues, alignment, config);
    }

    DeviceConfig with(long bits) {
        return withFeatures(features | bits);
    }

    DeviceConfig withQueues(int count) {
        return new DeviceConfig(name, deviceId, features, count, alignment, config);
    }

    DeviceConfig withAlignment(int bytes) {
        return new DeviceConfig(name, deviceId, features, queues, bytes, config);
    }

    DeviceConfig withConfigBytes(int bytes) {
        return new DeviceConfig(name, deviceId, features, queues, alignment, zeroes(bytes));
    }

    /** Sets a field of the configuration space. */
    DeviceConfig withField(int offset, Number value) {
        var bytes = MemorySegment.ofArray(config.toArray(JAVA_BYTE));
        switch (value) {
            case Long number -> bytes.set(JAVA_LONG_UNALIGNED, offset, number);
            case Integer number -> bytes.set(JAVA_INT_UNALIGNED, offset, number);
            case Short number -> bytes.set(JAVA_SHORT_UNALIGNED, offset, number);
            default -> throw new IllegalArgumentException("a field of " + value.getClass());
        }
        return new DeviceConfig(name, deviceId, features, queues, alignment, bytes);
    }

    /** Writes {@code struct vduse_dev_config} and the configuration space behind it. */
    MemorySegment encode(Arena arena) {
        var out = arena.allocate(DevConfigLayout.SIZE + config.byteSize(), Long.BYTES);
        writeName(out, name);
        out.set(JAVA_INT, DevConfigLayout.VENDOR_ID, VENDOR);
        out.set(JAVA_INT, DevConfigLayout.DEVICE_ID, deviceId);
        out.set(JAVA_LONG, DevConfigLayout.FEATURES, features);
        out.set(JAVA_INT, DevConfigLayout.VQ_NUM, queues);
        out.set(JAVA_INT, DevConfigLayout.VQ_ALIGN, alignment);
        out.set(JAVA_INT, DevConfigLayout.CONFIG_SIZE, (int) config.byteSize());
        MemorySegment.copy(config, 0, out, DevConfigLayout.CONFIG, config.byteSize());
        return out;
    }

    /** Writes at most the 255 bytes of a name for which there is room before its NUL. */
    static void writeName(MemorySegment out, String name) {
        var bytes = name.getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(bytes, 0, out, JAVA_BYTE, DevConfigLayout.NAME, Math.min(bytes.length, 255));
    }
}
