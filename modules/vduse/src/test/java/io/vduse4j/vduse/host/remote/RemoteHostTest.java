package io.vduse4j.vduse.host.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.linux.NetlinkMessage;
import io.vduse4j.linux.NetlinkReply;
import io.vduse4j.vduse.host.VdpaConsumer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every call of a host, there and back, with its errors. */
@Timeout(60)
class RemoteHostTest {
    @TempDir
    private Path folder;

    private RemoteRig rig;

    @BeforeEach
    void open() throws IOException {
        rig = new RemoteRig(folder);
    }

    @AfterEach
    void close() throws IOException {
        rig.awaitNothingLeft();
        rig.close();
    }

    private static void fails(int errno, String message, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(LinuxException.class, failure -> {
            assertThat(failure.errno()).isEqualTo(errno);
            assertThat(failure.getMessage()).contains(message);
        });
    }

    @Test
    void theHostHasItsName() {
        assertThat(rig.client.name()).isEqualTo("scripted");
    }

    @Test
    void aFailureIsTheHostsOwn() {
        var there = new LinuxException("open", "/dev/vduse/nothing", Errno.ENOENT, "no such device here");
        assertThatThrownBy(() -> rig.client.open("nothing")).isInstanceOfSatisfying(LinuxException.class, here -> {
            assertThat(here.getMessage()).isEqualTo(there.getMessage());
            assertThat(here.call()).isEqualTo(there.call());
            assertThat(here.object()).isEqualTo(there.object());
            assertThat(here.errno()).isEqualTo(there.errno());
        });
        fails(Errno.EINVAL, "cannot contain '/'", () -> rig.client.open("../control"));
        fails(Errno.EIO, "planted", () -> rig.client.open("defect"));
    }

    @Test
    void aDeviceIsOpenOnceAndTheControlNodeOften() throws IOException {
        try (var other = rig.connect()) {
            var first = rig.client.open("disk0");
            fails(Errno.EBUSY, "disk0", () -> other.open("disk0"));
            fails(Errno.EBUSY, "disk0", () -> rig.client.open("disk0"));
            first.close();
            other.open("disk0").close();
            rig.client.open("control").close();
            other.open("control").close();
        }
    }

    @Test
    void attributesAreReadAndWritten() throws IOException {
        rig.client.writeAttribute("disk0", "msg_timeout", "7 ä");
        assertThat(rig.client.readAttribute("disk0", "msg_timeout")).isEqualTo("7 ä");
        rig.client.writeAttribute("disk0", "vq1/irq_cb_affinity", "f");
        assertThat(rig.served.attributes).containsEntry("disk0/vq1/irq_cb_affinity", "f");
        fails(Errno.ENOENT, "open disk0/other: ", () -> rig.client.readAttribute("disk0", "other"));
    }

    @Test
    void noAttributeLeadsOutOfItsDevice() {
        rig.served.attributes.put("disk0/../../secret", "x");
        for (var attribute : List.of("../../secret", "/secret", "", "a//b", "./secret", "vq0/..")) {
            fails(Errno.EINVAL, "", () -> rig.client.readAttribute("disk0", attribute));
            fails(Errno.EINVAL, "", () -> rig.client.writeAttribute("disk0", attribute, "x"));
        }
        fails(Errno.EINVAL, "", () -> rig.client.readAttribute("..", "secret"));
    }

    @Test
    void netlinkAnswersComeWithAllTheySay() throws IOException {
        var attributes = NetlinkAttributes.builder()
                .string(2, "disk0")
                .u64(5, -3)
                .nested(7, NetlinkAttributes.builder().u16(1, 0xfffe))
                .build();
        rig.served.reply = new NetlinkReply(
                Errno.EEXIST,
                "there is one",
                List.of(
                        new NetlinkMessage(1, NetlinkAttributes.parse(attributes)),
                        new NetlinkMessage(255, NetlinkAttributes.none())));
        var request = "anything".getBytes(StandardCharsets.US_ASCII);
        var reply = rig.client.vdpa(3, true, request, Duration.ofNanos(1_500_001));
        assertThat(rig.served.request).isEqualTo(request);
        assertThat(rig.served.log).containsExactly("vdpa 3 true PT0.002S");
        assertThat(reply.errno()).isEqualTo(Errno.EEXIST);
        assertThat(reply.extAck()).isEqualTo("there is one");
        assertThat(reply.messages()).extracting(NetlinkMessage::command).containsExactly(1, 255);
        var got = reply.messages().getFirst().attributes();
        assertThat(got.string(2)).contains("disk0");
        assertThat(got.u64(5)).hasValue(-3);
        assertThat(got.nested(7).orElseThrow().u16(1)).hasValue(0xfffe);
        assertThat(reply.messages().getLast().attributes().types()).isEmpty();
    }

    @Test
    void aLongNetlinkRequestHoldsNobodyUp() throws Exception {
        rig.served.gate = new CountDownLatch(1);
        var vdpa = new FutureTask<>(() -> rig.client.vdpa(3, false, new byte[0], Duration.ofSeconds(20)));
        Thread.ofPlatform().daemon().start(vdpa);
        rig.client.writeAttribute("disk0", "msg_timeout", "7");
        rig.client.open("disk0").close();
        assertThat(vdpa.isDone()).isFalse();
        rig.served.gate.countDown();
        assertThat(vdpa.get(20, TimeUnit.SECONDS).errno()).isZero();
    }

    @Test
    void aTooLongNetlinkAnswerIsAFailure() {
        var attributes = NetlinkAttributes.builder().bytes(1, new byte[60_000]).build();
        var message = new NetlinkMessage(1, NetlinkAttributes.parse(attributes));
        rig.served.reply = new NetlinkReply(0, "", Collections.nCopies(20, message));
        fails(Errno.EMSGSIZE, "vdpa", () -> rig.client.vdpa(3, true, new byte[0], Duration.ofSeconds(20)));
    }

    @Test
    void devicesAreBoundAndLookedAt() throws IOException {
        rig.client.bind("disk0", "vhost_vdpa");
        assertThat(rig.served.log).containsExactly("bind disk0 vhost_vdpa");
        fails(Errno.ENODEV, "there is no driver none", () -> rig.client.bind("disk0", "none"));
        fails(Errno.EINVAL, "", () -> rig.client.bind("disk0", "../none"));
        assertThat(rig.client.isAttached("disk0")).isFalse();
        assertThat(rig.client.consumer("disk0")).isEmpty();
        assertThat(rig.client.devices()).isEmpty();
        var disk = new VdpaConsumer("/dev/vda", OptionalLong.of(1L << 40));
        rig.served.consumers.put("disk0", disk);
        assertThat(rig.client.isAttached("disk0")).isTrue();
        assertThat(rig.client.devices()).containsExactly("disk0");
        assertThat(rig.client.consumer("disk0")).contains(disk);
        var machine = new VdpaConsumer("/dev/vhost-vdpa-0", OptionalLong.empty());
        rig.served.consumers.put("disk0", machine);
        assertThat(rig.client.consumer("disk0")).contains(machine);
    }
}
