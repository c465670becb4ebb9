package io.vduse4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.SimpleDevice;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a driver reads of a device's configuration space, and when. */
@Timeout(60)
class ConfigSpaceTest {

    /** Eight equal bytes, which it counts up when it is told to. */
    private static final class Counter implements SimpleDevice {
        private final AtomicInteger count = new AtomicInteger();
        private volatile Runnable changed = () -> {};

        void count() {
            count.incrementAndGet();
            changed.run();
        }

        @Override
        public int deviceId() {
            return 26;
        }

        @Override
        public byte[] config() {
            long now = (count.get() & 0xff) * 0x0101_0101_0101_0101L;
            return ByteBuffer.allocate(8).putLong(now).array();
        }

        @Override
        public void onConfigChange(Runnable listener) {
            changed = listener;
        }

        @Override
        public long handle(Chain chain) {
            return 0;
        }
    }

    @Test
    @Spec({"VD-10", "VD-22"})
    void allOfItCanBeReadBeforeFeaturesAreAccepted() throws Exception {
        var counter = new Counter();
        counter.count();
        try (var bench = DeviceBench.serve(counter)) {
            VhostVdpaDevice device = bench.device();
            device.setStatus(0);
            assertThat(device.configSize()).isEqualTo(8);
            for (int offset = 0; offset < 8; offset++) {
                for (int length = 1; length <= 8 - offset; length++) {
                    assertThat(device.config(offset, length)).hasSize(length).containsOnly(1);
                }
            }
        }
    }

    @Test
    @Spec("VD-11")
    void aFieldIsReadAsItWasOrAsItIs() throws Exception {
        var counter = new Counter();
        var over = new AtomicBoolean();
        try (var bench = DeviceBench.serve(counter)) {
            Thread changer = Thread.ofPlatform().start(() -> {
                while (!over.get()) {
                    counter.count();
                    Thread.onSpinWait();
                }
            });
            int changes = 0;
            try {
                byte last = 0;
                for (int i = 0; i < 20_000 || changes < 10; i++) {
                    byte[] config = bench.device().config(0, 8);
                    assertThat(config).containsOnly(config[0]);
                    changes += config[0] == last ? 0 : 1;
                    last = config[0];
                }
            } finally {
                over.set(true);
                changer.join();
            }
        }
    }
}
