package io.vduse4j.cli;

import io.vduse4j.daemon.Json;
import io.vduse4j.vduse.host.linux.HostCheck.Finding;
import io.vduse4j.vduse.host.linux.HostCheck.Status;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code vduse check} found, and what follows from it.
 *
 * @param findings in the order in which they are shown
 */
record HostReport(List<Finding> findings) {
    private static final String NET_ADMIN = "CAP_NET_ADMIN";
    private static final String VIRTIO_VDPA = "module virtio_vdpa";
    private static final String VIRTIO_BLK = "module virtio_blk";
    private static final String VHOST_VDPA = "module vhost_vdpa";

    /** Whether a disk can be served here and now, by this user, for somebody. */
    boolean isUsable() {
        return servesContainers() || servesVirtualMachines();
    }

    /** Whether it can become a block device of this host. */
    boolean servesContainers() {
        return hasBasics() && isOk(VIRTIO_VDPA) && isOk(VIRTIO_BLK);
    }

    /** Whether it can become a device for a virtual machine. */
    boolean servesVirtualMachines() {
        return hasBasics() && isOk(VHOST_VDPA);
    }

    /** Attaching a device to the bus needs the capability whatever the rest looks like. */
    private boolean hasBasics() {
        return findings.stream().noneMatch(finding -> finding.status() == Status.MISSING) && isOk(NET_ADMIN);
    }

    private boolean isOk(String item) {
        return findings.stream().anyMatch(finding -> finding.item().equals(item) && finding.status() == Status.OK);
    }

    /** For people. */
    String table() {
        var table = new Table();
        for (var finding : findings) {
            var remedy = finding.remedy().isEmpty() ? "" : " → " + finding.remedy();
            table.row(finding.item(), word(finding.status()), finding.detail() + remedy);
        }
        return table.text() + "use: " + use() + "\n";
    }

    private String use() {
        var containers = "this host and its containers by --bus virtio";
        var machines = "virtual machines by --bus vhost";
        if (servesContainers()) {
            return "disks for " + containers + (servesVirtualMachines() ? ", for " + machines : "");
        }
        if (servesVirtualMachines()) {
            return "disks for " + machines;
        }
        return "no disk of Linux; lines with → say what to do. vduse run serves by the embedded kernel, over NBD";
    }

    /** For programs. */
    String json() {
        var report = new LinkedHashMap<String, Object>();
        report.put("usable", isUsable());
        report.put("containers", servesContainers());
        report.put("virtualMachines", servesVirtualMachines());
        report.put("findings", findings.stream().map(HostReport::members).toList());
        return Json.of(report) + "\n";
    }

    private static Map<String, Object> members(Finding finding) {
        var members = new LinkedHashMap<String, Object>();
        members.put("item", finding.item());
        members.put("status", word(finding.status()));
        members.put("detail", finding.detail());
        members.put("remedy", finding.remedy());
        return members;
    }

    private static String word(Status status) {
        return status.name().toLowerCase(Locale.ROOT);
    }
}
