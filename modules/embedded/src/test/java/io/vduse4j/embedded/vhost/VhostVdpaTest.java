package io.vduse4j.embedded.vhost;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.embedded.vdpa.VdpaBusDriver.Binding;
import io.vduse4j.embedded.vdpa.VqCallback;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Memfd;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The calls of vhost-vdpa: what they answer, and what the device hears. */
@Timeout(60)
class VhostVdpaTest {

    private static final Duration BRIEF = Duration.ofMillis(200);

    private final RecordingOps ops = new RecordingOps();
    private final VhostVdpa driver = new VhostVdpa(BRIEF);
    private Binding binding;
    private VhostVdpaFile file;

    @BeforeEach
    void open() throws LinuxException {
        binding = driver.probe(ops);
        assertThat(ops.told()).as("nothing is said at bind").isEmpty();
        file = driver.open("rec0");
        assertThat(ops.told()).containsExactly("reset");
    }

    @AfterEach
    void close() {
        file.close();
        binding.remove();
    }

    private static MemorySegment zeros(int bytes) {
        return MemorySegment.ofArray(new byte[bytes]);
    }

    private static MemorySegment number(long value) {
        MemorySegment memory = zeros(8);
        memory.set(JAVA_LONG_UNALIGNED, 0, value);
        return memory;
    }

    private static MemorySegment state(int index, int number) {
        return number(Integer.toUnsignedLong(index) | (long) number << 32);
    }

    private int own() {
        return file.ioctl(VhostAbi.SET_OWNER, MemorySegment.NULL);
    }

    private long get(int request) {
        MemorySegment result = zeros(8);
        assertThat(file.ioctl(request, result)).isZero();
        return result.get(JAVA_LONG_UNALIGNED, 0);
    }

    private static void fails(int errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class, wrong -> assertThat(wrong.errno()).isEqualTo(errno));
    }

    @Test
    @Spec("8.1")
    void oneClientHasItOpen() throws Exception {
        fails(Errno.EBUSY, () -> driver.open("rec0"));
        fails(Errno.ENOENT, () -> driver.open("other"));
        file.close();
        assertThat(ops.told()).containsExactly("reset");
        file.close();
        assertThat(ops.told()).isEmpty();
        assertThat(file.ioctl(VhostAbi.GET_STATUS, zeros(1))).isEqualTo(-Errno.ENODEV);
        assertThat(file.write(zeros(72))).isEqualTo(-Errno.ENODEV);
        file = driver.open("rec0");
    }

    @Test
    @Spec("8.1")
    void anOpenThatCannotResetFails() throws Exception {
        file.close();
        ops.refused.add(0);
        fails(Errno.EIO, () -> driver.open("rec0"));
        ops.refused.clear();
        file = driver.open("rec0");
    }

    @Test
    @Spec("6.4")
    void aRemovalClosesWhatAClientKeepsOpen() {
        ops.told();
        binding.remove();
        assertThat(ops.told()).containsExactly("reset");
        assertThat(file.ioctl(VhostAbi.GET_STATUS, zeros(1))).isEqualTo(-Errno.ENODEV);
        fails(Errno.ENOENT, () -> driver.open("rec0"));
    }

    @Test
    @Spec("8.2")
    void theDeviceIsDescribed() {
        assertThat(get(VhostAbi.GET_DEVICE_ID)).isEqualTo(2);
        assertThat(get(VhostAbi.GET_VQS_COUNT)).isEqualTo(3);
        assertThat(get(VhostAbi.GET_VRING_NUM)).isEqualTo(256);
        assertThat(get(VhostAbi.GET_GROUP_NUM)).isEqualTo(2);
        assertThat(get(VhostAbi.GET_AS_NUM)).isEqualTo(2);
        assertThat(get(VhostAbi.GET_CONFIG_SIZE)).isEqualTo(60);
        assertThat(get(VhostAbi.GET_FEATURES)).isEqualTo(0x1_0000_0001L);
        assertThat(get(VhostAbi.GET_BACKEND_FEATURES)).isEqualTo(0xe);
        ops.suspends = true;
        assertThat(get(VhostAbi.GET_BACKEND_FEATURES)).isEqualTo(0x1e);
        MemorySegment range = zeros(16);
        assertThat(file.ioctl(VhostAbi.GET_IOVA_RANGE, range)).isZero();
        assertThat(range.get(JAVA_LONG_UNALIGNED, 0)).isZero();
        assertThat(range.get(JAVA_LONG_UNALIGNED, 8)).isEqualTo(-1);
    }

    @Test
    @Spec("8.2")
    void badAddressesAreEfault() {
        own();
        int[] requests = {
            VhostAbi.GET_FEATURES,
            VhostAbi.SET_FEATURES,
            VhostAbi.SET_VRING_NUM,
            VhostAbi.SET_VRING_ADDR,
            VhostAbi.GET_VRING_BASE,
            VhostAbi.SET_VRING_KICK,
            VhostAbi.SET_BACKEND_FEATURES,
            VhostAbi.GET_CONFIG,
            VhostAbi.SET_CONFIG,
            VhostAbi.GET_IOVA_RANGE,
            VhostAbi.SET_CONFIG_CALL
        };
        for (int request : requests) {
            assertThat(file.ioctl(request, MemorySegment.NULL)).isEqualTo(-Errno.EFAULT);
            assertThat(file.ioctl(request, zeros(3))).isEqualTo(-Errno.EFAULT);
        }
        assertThat(file.ioctl(VhostAbi.GET_FEATURES, zeros(8).asReadOnly())).isEqualTo(-Errno.EFAULT);
    }

    @Test
    @Spec("8.2")
    void theStatusGoesUpOrToZero() {
        assertThat(file.ioctl(VhostAbi.SET_STATUS, number(3))).isZero();
        assertThat(get(VhostAbi.GET_STATUS)).isEqualTo(3);
        assertThat(file.ioctl(VhostAbi.SET_STATUS, number(1))).isEqualTo(-Errno.EINVAL);
        ops.refused.add(0x0b);
        assertThat(file.ioctl(VhostAbi.SET_STATUS, number(0x0b)))
                .as("a refusal shows in the status only")
                .isZero();
        assertThat(get(VhostAbi.GET_STATUS)).isEqualTo(3);
        assertThat(file.ioctl(VhostAbi.SET_STATUS, number(0))).isZero();
        ops.refused.add(0);
        assertThat(file.ioctl(VhostAbi.SET_STATUS, number(0))).isEqualTo(-Errno.EIO);
        assertThat(ops.told()).containsExactly("status 3", "status 11", "reset", "reset");
    }

    @Test
    @Spec("8.2")
    void featuresAreFixedOnceTheyAreOk() {
        assertThat(file.ioctl(VhostAbi.SET_FEATURES, number(1L << 32))).isZero();
        ops.status = 0x0b;
        assertThat(file.ioctl(VhostAbi.SET_FEATURES, number(0))).isEqualTo(-Errno.EBUSY);
        assertThat(ops.told()).containsExactly("features 0x100000000");
        assertThat(file.ioctl(VhostAbi.SET_BACKEND_FEATURES, number(0xe))).isZero();
        assertThat(file.ioctl(VhostAbi.SET_BACKEND_FEATURES, number(0x1e))).isEqualTo(-Errno.EOPNOTSUPP);
        assertThat(file.ioctl(VhostAbi.SET_BACKEND_FEATURES, number(1))).isEqualTo(-Errno.EOPNOTSUPP);
    }

    @Test
    @Spec({"8.2", "CVE-2021-47604"})
    void theConfigurationIsReadWithinItsBounds() {
        MemorySegment config = zeros(8 + 60);
        config.set(JAVA_INT_UNALIGNED, 0, 58);
        config.set(JAVA_INT_UNALIGNED, 4, 2);
        assertThat(file.ioctl(VhostAbi.GET_CONFIG, config)).isZero();
        assertThat(config.get(JAVA_BYTE, 8)).isEqualTo((byte) 58);
        assertThat(config.get(JAVA_BYTE, 9)).isEqualTo((byte) 59);
        assertThat(file.ioctl(VhostAbi.SET_CONFIG, config)).as("dropped").isZero();
        int[][] bad = {{0, 0}, {60, 1}, {61, 1}, {58, 3}, {-1, 2}, {8, -4}, {0, 61}};
        for (int[] range : bad) {
            config.set(JAVA_INT_UNALIGNED, 0, range[0]);
            config.set(JAVA_INT_UNALIGNED, 4, range[1]);
            assertThat(file.ioctl(VhostAbi.GET_CONFIG, config)).isEqualTo(-Errno.EINVAL);
            assertThat(file.ioctl(VhostAbi.SET_CONFIG, config)).isEqualTo(-Errno.EINVAL);
        }
        MemorySegment tooShort = config.asSlice(0, 20);
        tooShort.set(JAVA_INT_UNALIGNED, 0, 0);
        tooShort.set(JAVA_INT_UNALIGNED, 4, 60);
        assertThat(file.ioctl(VhostAbi.GET_CONFIG, tooShort)).isEqualTo(-Errno.EFAULT);
    }

    @ParameterizedTest
    @Spec("8.2")
    @ValueSource(
            ints = {
                VhostAbi.SET_VRING_NUM,
                VhostAbi.SET_VRING_BASE,
                VhostAbi.GET_VRING_BASE,
                VhostAbi.SET_VRING_KICK,
                VhostAbi.SET_VRING_CALL,
                VhostAbi.SET_VRING_ADDR,
                VhostAbi.SET_VRING_ENABLE,
                VhostAbi.GET_VRING_GROUP,
                VhostAbi.GET_VRING_SIZE,
                VhostAbi.SET_GROUP_ASID,
                0x1234
            })
    void aQueueThatIsNotThereIsEnobufsToAnOwner(int request) {
        MemorySegment argument = zeros(40);
        argument.set(JAVA_INT_UNALIGNED, 0, 3);
        assertThat(file.ioctl(request, argument)).isEqualTo(-Errno.EPERM);
        assertThat(own()).isZero();
        assertThat(own()).isEqualTo(-Errno.EBUSY);
        assertThat(file.ioctl(request, argument)).isEqualTo(-Errno.ENOBUFS);
        argument.set(JAVA_INT_UNALIGNED, 0, -1);
        assertThat(file.ioctl(request, argument)).isEqualTo(-Errno.ENOBUFS);
    }

    @Test
    @Spec("8.2")
    void queuesAreSetUpWithinTheRules() {
        own();
        for (int bad : new int[] {0, 3, 0x10000, -1}) {
            assertThat(file.ioctl(VhostAbi.SET_VRING_NUM, state(1, bad))).isEqualTo(-Errno.EINVAL);
        }
        assertThat(file.ioctl(VhostAbi.SET_VRING_NUM, state(1, 64))).isZero();
        assertThat(file.ioctl(VhostAbi.SET_VRING_BASE, state(1, 0x10000))).isEqualTo(-Errno.EINVAL);
        assertThat(file.ioctl(VhostAbi.SET_VRING_BASE, state(1, 0xffff))).isZero();
        assertThat(file.ioctl(VhostAbi.SET_VRING_ENABLE, state(1, 1))).isZero();
        assertThat(file.ioctl(VhostAbi.SET_VRING_ADDR, address(0x1001, 0x2000, 0x3000, 2)))
                .isEqualTo(-Errno.EOPNOTSUPP);
        assertThat(file.ioctl(VhostAbi.SET_VRING_ADDR, address(0x1000, 0x2001, 0x3000, 0)))
                .isEqualTo(-Errno.EINVAL);
        assertThat(file.ioctl(VhostAbi.SET_VRING_ADDR, address(0x1000, 0x2000, 0x3002, 0)))
                .isEqualTo(-Errno.EINVAL);
        assertThat(file.ioctl(VhostAbi.SET_VRING_ADDR, address(0x1000, 0x2002, 0x3004, 0)))
                .isZero();
        assertThat(ops.told()).containsExactly("num 1 64", "state 1 ffff", "ready 1 true", "address 1 1000 2002 3004");
        ops.status = 0x0f;
        assertThat(file.ioctl(VhostAbi.SET_VRING_ADDR, address(0x1000, 0x2000, 0x3000, 0)))
                .isEqualTo(-Errno.EINVAL);
        assertThat(file.ioctl(VhostAbi.SET_VRING_BASE, state(1, 0))).isEqualTo(-Errno.EINVAL);
        assertThat(file.ioctl(VhostAbi.SET_VRING_NUM, state(1, 64)))
                .as("not forbidden")
                .isZero();
    }

    private static MemorySegment address(long desc, long avail, long used, int flags) {
        MemorySegment address = zeros(40);
        address.set(JAVA_INT_UNALIGNED, 0, 1);
        address.set(JAVA_INT_UNALIGNED, VhostAbi.VRING_ADDR_FLAGS, flags);
        address.set(JAVA_LONG_UNALIGNED, VhostAbi.VRING_ADDR_DESC, desc);
        address.set(JAVA_LONG_UNALIGNED, VhostAbi.VRING_ADDR_USED, used);
        address.set(JAVA_LONG_UNALIGNED, VhostAbi.VRING_ADDR_AVAIL, avail);
        return address;
    }

    @Test
    @Spec("8.2")
    void theDaemonIsAskedForTheBase() {
        own();
        MemorySegment state = state(2, 99);
        assertThat(file.ioctl(VhostAbi.GET_VRING_BASE, state)).isZero();
        assertThat(state.get(JAVA_INT_UNALIGNED, 0)).isEqualTo(2);
        assertThat(state.get(JAVA_INT_UNALIGNED, 4)).isEqualTo(7);
        ops.vqState = -Errno.EIO;
        assertThat(file.ioctl(VhostAbi.GET_VRING_BASE, state)).isEqualTo(-Errno.EIO);
        ops.features = 1L << 34;
        ops.vqState = 1L | 5L << 16 | 0L << 32 | 4L << 48;
        assertThat(file.ioctl(VhostAbi.GET_VRING_BASE, state)).isZero();
        assertThat(state.get(JAVA_INT_UNALIGNED, 4)).isEqualTo(4 << 16 | 0x8005);
        assertThat(file.ioctl(VhostAbi.SET_VRING_BASE, state)).isZero();
        assertThat(ops.told()).containsExactly("state 2 " + Long.toHexString(ops.vqState));
    }

    @Test
    @Spec("8.2")
    void groupsHaveAddressSpaces() {
        own();
        MemorySegment group = state(2, 0);
        assertThat(file.ioctl(VhostAbi.GET_VRING_GROUP, group)).isZero();
        assertThat(group.get(JAVA_INT_UNALIGNED, 4)).isEqualTo(1);
        assertThat(file.ioctl(VhostAbi.SET_GROUP_ASID, state(2, 0))).as("group").isEqualTo(-Errno.EINVAL);
        assertThat(file.ioctl(VhostAbi.SET_GROUP_ASID, state(1, 2))).as("asid").isEqualTo(-Errno.EINVAL);
        assertThat(file.ioctl(VhostAbi.SET_GROUP_ASID, state(1, 1))).isZero();
        ops.status = 0x0f;
        assertThat(file.ioctl(VhostAbi.SET_GROUP_ASID, state(1, 0))).isEqualTo(-Errno.EBUSY);
        assertThat(ops.told()).containsExactly("asid 1 1");
    }

    @Test
    @Spec("8.2")
    void suspendingKeepsTheState() {
        own();
        assertThat(file.ioctl(VhostAbi.SUSPEND, MemorySegment.NULL))
                .as("not running")
                .isZero();
        assertThat(ops.told()).isEmpty();
        ops.status = 0x0f;
        assertThat(file.ioctl(VhostAbi.SUSPEND, MemorySegment.NULL)).isEqualTo(-Errno.EOPNOTSUPP);
        ops.suspends = true;
        assertThat(file.ioctl(VhostAbi.SUSPEND, MemorySegment.NULL)).isZero();
        assertThat(file.ioctl(VhostAbi.SET_VRING_BASE, state(1, 3))).isZero();
        assertThat(file.ioctl(VhostAbi.RESUME, MemorySegment.NULL)).isEqualTo(-Errno.EOPNOTSUPP);
    }

    @Test
    @Spec("8.2")
    void eventfdsAreTaken() throws Exception {
        own();
        try (var kick = EventFd.create();
                var call = EventFd.create();
                var memfd = Memfd.create("no eventfd", 4096)) {
            assertThat(file.ioctl(VhostAbi.SET_VRING_KICK, state(0, memfd.number())))
                    .isEqualTo(-Errno.EINVAL);
            assertThat(file.ioctl(VhostAbi.SET_VRING_CALL, state(0, 1 << 20))).isEqualTo(-Errno.EBADF);
            kick.signal();
            assertThat(file.ioctl(VhostAbi.SET_VRING_KICK, state(2, kick.fd().number())))
                    .isZero();
            assertThat(ops.kicks.poll(20, TimeUnit.SECONDS))
                    .as("the kick before")
                    .isEqualTo(2);
            kick.signal();
            assertThat(ops.kicks.poll(20, TimeUnit.SECONDS)).isEqualTo(2);
            assertThat(kick.drain()).as("the count is the client's").isEqualTo(2);
            assertThat(file.ioctl(VhostAbi.SET_VRING_KICK, state(2, -1))).isZero();
            kick.signal();
            assertThat(ops.kicks.poll(200, TimeUnit.MILLISECONDS)).isNull();

            assertThat(file.ioctl(VhostAbi.SET_VRING_CALL, state(1, call.fd().number())))
                    .isZero();
            ((VqCallback.Trigger) ops.callbacks[1]).eventFd().signal();
            assertThat(call.drain()).isEqualTo(1);
            assertThat(file.ioctl(VhostAbi.SET_VRING_CALL, state(1, -1))).isZero();
            assertThat(ops.callbacks[1]).isNull();

            assertThat(file.ioctl(VhostAbi.SET_CONFIG_CALL, number(call.fd().number())))
                    .isZero();
            ops.configCallback.run();
            assertThat(call.drain()).isEqualTo(1);
            assertThat(file.ioctl(VhostAbi.SET_CONFIG_CALL, number(0xffff_ffffL)))
                    .isZero();
            assertThat(ops.configCallback).isNull();
        }
    }
}
