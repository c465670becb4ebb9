package io.vduse4j.vduse.host.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.vduse4j.vduse.host.linux.HostCheck.Finding;
import io.vduse4j.vduse.host.linux.HostCheck.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostCheckTest {
    private static final String MODULES = "lib/modules/6.12.9-test/";

    @TempDir
    private Path root;

    private void file(String path, String text) throws Exception {
        var file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Finding found(String item) {
        return HostCheck.run(root).stream()
                .filter(finding -> finding.item().equals(item))
                .findFirst()
                .orElseThrow();
    }

    private void process(String capabilities, String memlock) throws Exception {
        file("proc/self/status", "Name:\tjava\nUid:\t0\t1000\t0\t0\nCapEff:\t" + capabilities + "\n");
        file("proc/self/limits", "Limit  Soft  Hard  Units\nMax locked memory         " + memlock + "  bytes\n");
    }

    @Test
    void everyProblemHasARemedyOnThisMachineToo() {
        assertThat(HostCheck.run()).extracting(Finding::item).contains("kernel", "JDK", "user", "io_uring");
        assertThat(HostCheck.run()).allSatisfy(finding -> {
            assertThat(finding.detail()).isNotBlank();
            assertThat(finding.status() == Status.OK).isEqualTo(finding.remedy().isEmpty());
        });
    }

    @Test
    void saysWhatThisMachineLacks() {
        assumeFalse(Files.exists(Path.of("/dev/vduse/control")), "this kernel has VDUSE");
        assertThat(HostCheck.run())
                .contains(new Finding(
                        "/dev/vduse/control",
                        Status.MISSING,
                        "no such file or directory (ENOENT)",
                        "the vduse module is not loaded: modprobe vduse (kernel needs CONFIG_VDPA_USER)"));
    }

    @Test
    void judgesTheKernelByItsNumber() throws Exception {
        file("proc/sys/kernel/osrelease", "5.14.21-lts\n");
        assertThat(found("kernel").status()).isEqualTo(Status.MISSING);
        file("proc/sys/kernel/osrelease", "5.15.0-1\n");
        assertThat(found("kernel")).isEqualTo(new Finding("kernel", Status.OK, "5.15.0-1", ""));
        file("proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
        assertThat(found("kernel").status()).isEqualTo(Status.OK);
    }

    @Test
    void tellsModulesThatAreLoadedAvailableAbsentOrUnknown() throws Exception {
        file("proc/sys/kernel/osrelease", "6.12.9-test\n");
        assertThat(found("module vduse"))
                .satisfies(finding -> assertThat(finding.status()).isEqualTo(Status.MISSING))
                .satisfies(finding -> assertThat(finding.detail()).contains("cannot be read"))
                .satisfies(finding ->
                        assertThat(finding.remedy()).isEqualTo("modprobe vduse (kernel needs CONFIG_VDPA_USER)"));
        file(MODULES + "modules.builtin", "kernel/drivers/block/virtio_blk.ko\n");
        file(MODULES + "modules.dep", """
                kernel/drivers/vdpa/vdpa_user/vduse.ko.xz: kernel/drivers/vdpa/vdpa.ko.xz kernel/drivers/virtio_vdpa.ko
                kernel/drivers/vhost/vhost-vdpa.ko:
                """);
        assertThat(found("module vduse"))
                .isEqualTo(
                        new Finding("module vduse", Status.WARNING, "not loaded; for VDUSE itself", "modprobe vduse"));
        assertThat(found("module vhost_vdpa").remedy()).isEqualTo("modprobe vhost-vdpa");
        assertThat(found("module virtio_blk").status()).isEqualTo(Status.OK);
        // Named only as what another one needs.
        assertThat(found("module virtio_vdpa").remedy()).contains("CONFIG_VIRTIO_VDPA");
        Files.createDirectories(root.resolve("sys/module/virtio_vdpa"));
        assertThat(found("module virtio_vdpa").status()).isEqualTo(Status.OK);
    }

    @Test
    void readsTheEffectiveUserAndCapability() throws Exception {
        process("0000000000001000", "67108864  67108864");
        assertThat(found("user")).satisfies(user -> assertThat(user.detail()).isEqualTo("uid 1000"));
        assertThat(found("user").status()).isEqualTo(Status.WARNING);
        assertThat(found("CAP_NET_ADMIN").status()).isEqualTo(Status.OK);
        assertThat(found("RLIMIT_MEMLOCK").status()).isEqualTo(Status.OK);
        process("000001ffffffefff", "67108863  unlimited");
        assertThat(found("CAP_NET_ADMIN").status()).isEqualTo(Status.WARNING);
        assertThat(found("RLIMIT_MEMLOCK").status()).isEqualTo(Status.WARNING);
        process("ffffffffffffffff", "unlimited  unlimited");
        assertThat(found("CAP_NET_ADMIN").status()).isEqualTo(Status.OK);
        assertThat(found("RLIMIT_MEMLOCK").detail()).isEqualTo("unlimited");
    }

    @Test
    void tellsWhoMayUseIoUring() throws Exception {
        assertThat(found("io_uring").status()).isEqualTo(Status.WARNING);
        file("proc/sys/kernel/io_uring_disabled", "0\n");
        assertThat(found("io_uring").status()).isEqualTo(Status.OK);
        file("proc/sys/kernel/io_uring_disabled", "1\n");
        assertThat(found("io_uring").detail()).contains("privileged");
        file("proc/sys/kernel/io_uring_disabled", "2\n");
        assertThat(found("io_uring").detail()).isEqualTo("disabled");
    }

    @Test
    void asksNoNetlinkWithoutABus() {
        assertThat(found("vdpa bus")).satisfies(bus -> assertThat(bus.remedy()).contains("modprobe vdpa"));
    }
}
