package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.math.BigInteger;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The attribute of a queue: {@code irq_cb_affinity}, the processors that its callbacks run on. */
public abstract class QueueAttributeConformance extends Cases {
    private static final int QUEUES = 2;

    private String name;

    /** For subclasses. */
    protected QueueAttributeConformance() {}

    @BeforeEach
    void create() {
        var config = DeviceConfig.disk(Rig.name(), QUEUES);
        done(rig.create(config));
        name = config.name();
    }

    private static String attribute(int queue) {
        return "vq" + queue + "/irq_cb_affinity";
    }

    private String read(int queue) throws IOException {
        return rig.host().readAttribute(name, attribute(queue));
    }

    /** Chunks of 32 bits have commas between them. */
    private BigInteger mask(int queue) throws IOException {
        return new BigInteger(read(queue).replace(",", ""), 16);
    }

    private void write(int queue, String mask) throws IOException {
        rig.host().writeAttribute(name, attribute(queue), mask);
    }

    private static int errno(ThrowingCallable call) {
        return catchThrowableOfType(LinuxException.class, call).errno();
    }

    @Test
    @Rule("4.4")
    void atFirstItIsEveryProcessor() throws Exception {
        var all = mask(0);
        assertThat(all.bitCount()).isGreaterThanOrEqualTo(1).isEqualTo(all.bitLength());
        assertThat(mask(1)).isEqualTo(all);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "01", "00000001", "1\n"})
    @Rule("4.4")
    void itIsSetForOneQueue(String written) throws Exception {
        var other = read(1);
        write(0, written);
        assertThat(mask(0)).isEqualTo(BigInteger.ONE);
        assertThat(read(0)).hasSameSizeAs(other);
        assertThat(read(1)).isEqualTo(other);
    }

    @Test
    @Rule("4.4")
    void whatWasReadCanBeWritten() throws Exception {
        var before = read(0);
        write(0, "1");
        write(0, before);
        assertThat(read(0)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "00000000", "g", "0x1", "-1", "all"})
    @Rule("4.4")
    void masksThatAreRefused(String written) throws Exception {
        var before = read(0);
        assertThat(errno(() -> write(0, written))).isEqualTo(Errno.EINVAL);
        assertThat(read(0)).isEqualTo(before);
    }

    @Test
    @Rule("4.4")
    void moreThanThereIsRoomForOverflows() throws Exception {
        var before = read(0);
        var next = BigInteger.ONE.shiftLeft(mask(0).bitLength()).toString(16);
        for (var tooMuch : List.of(next, "0," + before, "000000001")) {
            assertThat(errno(() -> write(0, tooMuch))).as(tooMuch).isEqualTo(Errno.EOVERFLOW);
        }
        assertThat(read(0)).isEqualTo(before);
    }

    @Test
    @Rule("4.4")
    void otherQueuesAndOtherAttributesAreNotThere() {
        assertThat(errno(() -> read(QUEUES))).isEqualTo(Errno.ENOENT);
        assertThat(errno(() -> write(QUEUES, "1"))).isEqualTo(Errno.ENOENT);
        assertThat(errno(() -> rig.host().readAttribute(name, "irq_cb_affinity")))
                .isEqualTo(Errno.ENOENT);
        assertThat(errno(() -> rig.host().readAttribute(name, "vq0/no_such_attribute")))
                .isEqualTo(Errno.ENOENT);
    }

    @Test
    @Rule("4.4")
    void itStaysOverAttachAndDetach() throws Exception {
        var daemon = Daemon.of(rig.open(name).setUpAll(QUEUES, 64));
        write(1, "1");
        done(daemon.during(rig.attach(name)));
        assertThat(mask(1)).isEqualTo(BigInteger.ONE);
        done(daemon.during(rig.detach(name)));
        assertThat(mask(1)).isEqualTo(BigInteger.ONE);
    }
}
