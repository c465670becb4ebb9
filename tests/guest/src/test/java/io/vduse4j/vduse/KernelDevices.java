package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VduseHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * Makes and removes the devices of a test.
 *
 * @param host the kernel
 */
record KernelDevices(VduseHost host) {
    static final Duration LONG = Duration.ofSeconds(60);

    /** VERSION_1 and ACCESS_PLATFORM. */
    static final long FEATURES = 1L << 32 | 1L << 33;

    static DeviceSpec disk(String name) {
        return new DeviceSpec(name, 0x1af4, 2, FEATURES, 2, 4096, new byte[60]);
    }

    void create(String name) throws Exception {
        try (var control = VduseControl.open(host)) {
            control.create(disk(name));
        }
    }

    /** What the kernel still holds right after a device left the bus it lets go soon. */
    void destroy(String name) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        try (var control = VduseControl.open(host)) {
            while (true) {
                try {
                    control.destroy(name);
                    return;
                } catch (LinuxException failure) {
                    if (failure.errno() != Errno.EBUSY || System.nanoTime() - deadline > 0) {
                        throw failure;
                    }
                    Thread.sleep(20);
                }
            }
        }
    }

    /** Removes what a failed test left, so that only one fails. */
    void nothingIsLeft() throws Exception {
        var bus = new VdpaBus(host);
        var attached = bus.devices(LONG);
        for (var device : attached) {
            bus.delete(device.name(), LONG);
        }
        var created = new ArrayList<String>();
        try (var nodes = Files.list(Path.of("/dev/vduse"))) {
            nodes.map(node -> node.getFileName().toString())
                    .filter(name -> !name.equals("control"))
                    .forEach(created::add);
        }
        for (var name : created) {
            destroy(name);
        }
        assertThat(attached).isEmpty();
        assertThat(created).isEmpty();
    }

    static void refused(ThrowingCallable call, int errno, String hint) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        failure -> assertThat(failure.errno()).isEqualTo(errno))
                .hasMessageContaining(hint);
    }
}
