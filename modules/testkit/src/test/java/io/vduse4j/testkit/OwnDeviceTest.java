package io.vduse4j.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.SimpleDevice;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** How a user tests a device of his own: on a kernel in this JVM, without root, through its queues. */
class OwnDeviceTest {
    /** Gives back in capitals what it is told. */
    private static final class Shouter implements SimpleDevice {
        @Override
        public int deviceId() {
            return 26;
        }

        @Override
        public byte[] config() {
            return "LOUD".getBytes(US_ASCII);
        }

        @Override
        public long handle(Chain chain) {
            var text = new byte[(int) Math.min(1024, Math.min(chain.readableBytes(), chain.writableBytes()))];
            chain.consume(MemorySegment.ofArray(text), text.length);
            var capitals = new String(text, US_ASCII).toUpperCase(Locale.ROOT).getBytes(US_ASCII);
            chain.fill(MemorySegment.ofArray(capitals));
            return capitals.length;
        }
    }

    @Test
    void aDriverIsAnsweredInCapitals() throws Exception {
        try (var bench = DeviceBench.serve(new Shouter())) {
            assertThat(bench.device().config(0, 4)).asString(US_ASCII).isEqualTo("LOUD");
            assertThat(bench.request(0, "hello".getBytes(US_ASCII), 8))
                    .asString(US_ASCII)
                    .isEqualTo("HELLO");
        }
    }
}
