package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.vduse.host.linux.HostCheck.Finding;
import io.vduse4j.vduse.host.linux.HostCheck.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HostReportTest {
    private final List<Finding> findings = new ArrayList<>(List.of(
            ok("kernel"),
            ok("/dev/vduse/control"),
            ok("module virtio_vdpa"),
            ok("module virtio_blk"),
            ok("module vhost_vdpa"),
            ok("CAP_NET_ADMIN")));

    private static Finding ok(String item) {
        return new Finding(item, Status.OK, "fine", "");
    }

    private HostReport with(String item, Status status) {
        findings.replaceAll(old -> old.item().equals(item) ? new Finding(item, status, "bad", "repair") : old);
        return new HostReport(findings);
    }

    private static String use(HostReport report) {
        return report.table().lines().toList().getLast();
    }

    @Test
    void everythingIsThere() {
        var report = new HostReport(findings);
        assertThat(report.isUsable()).isTrue();
        assertThat(use(report))
                .isEqualTo("use: disks for this host and its containers by --bus virtio,"
                        + " for virtual machines by --bus vhost");
    }

    @Test
    void oneBusIsEnough() {
        assertThat(use(with("module vhost_vdpa", Status.WARNING)))
                .isEqualTo("use: disks for this host and its containers by --bus virtio");
        assertThat(new HostReport(findings).isUsable()).isTrue();
        assertThat(with("module virtio_blk", Status.WARNING).isUsable()).isFalse();
    }

    @Test
    void machinesNeedNoVirtioVdpa() {
        var report = with("module virtio_vdpa", Status.WARNING);
        assertThat(report.isUsable()).isTrue();
        assertThat(report.servesContainers()).isFalse();
        assertThat(use(report)).isEqualTo("use: disks for virtual machines by --bus vhost");
    }

    @Test
    void whatIsMissingForbidsAll() {
        var report = with("/dev/vduse/control", Status.MISSING);
        assertThat(report.isUsable()).isFalse();
        assertThat(report.table()).contains("/dev/vduse/control  missing  bad → repair\n");
        assertThat(use(report)).startsWith("use: no disk of Linux; lines with → say what to do");
    }

    @Test
    void withoutTheCapabilityNothingIsAttached() {
        assertThat(with("CAP_NET_ADMIN", Status.WARNING).isUsable()).isFalse();
    }

    @Test
    void jsonSaysTheSame() {
        findings.subList(1, 5).clear();
        assertThat(with("kernel", Status.MISSING).json())
                .isEqualTo("{\"usable\":false,\"containers\":false,\"virtualMachines\":false,\"findings\":["
                        + "{\"item\":\"kernel\",\"status\":\"missing\",\"detail\":\"bad\",\"remedy\":\"repair\"},"
                        + "{\"item\":\"CAP_NET_ADMIN\",\"status\":\"ok\",\"detail\":\"fine\",\"remedy\":\"\"}]}\n");
    }
}
