package io.vduse4j.vduse.host.linux;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.VdpaBus;
import io.vduse4j.vduse.VdpaManagementDevice;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.host.NodeName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;

/**
 * Says what this machine has and lacks to serve devices through VDUSE. Changes nothing: no module is loaded, no device
 * made.
 */
public final class HostCheck {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    /** The bounce buffer that the kernel begins with; registered user memory of that size is pinned. */
    private static final long BOUNCE_SIZE = 64L << 20;

    private final Path root;
    private final LinuxHost host;
    private final List<Finding> findings = new ArrayList<>();

    /** How good a finding is. */
    public enum Status {
        /** It is there. */
        OK,
        /** Something works less well, or only after the remedy. */
        WARNING,
        /** Without it VDUSE cannot be used here. */
        MISSING
    }

    /**
     * One thing that was looked at.
     *
     * @param item what was looked at
     * @param status how good it is
     * @param detail what was found
     * @param remedy what to do; empty when there is nothing to do
     */
    public record Finding(String item, Status status, String detail, String remedy) {}

    private HostCheck(Path root) {
        this.root = root;
        host = new LinuxHost(root);
    }

    /** Looks at everything; takes a few seconds at most. */
    public static List<Finding> run() {
        return run(Path.of("/"));
    }

    /** For tests: files below another root. */
    static List<Finding> run(Path root) {
        return new HostCheck(root).all();
    }

    private List<Finding> all() {
        var release = kernel();
        add("JDK", Status.OK, Runtime.version().toString(), "");
        module(release, "vduse", Status.MISSING, "VDUSE itself", "CONFIG_VDPA_USER");
        control();
        bus();
        module(
                release,
                "virtio_vdpa",
                Status.WARNING,
                "disks for this machine and its containers",
                "CONFIG_VIRTIO_VDPA");
        module(release, "virtio_blk", Status.WARNING, "disks for this machine and its containers", "CONFIG_VIRTIO_BLK");
        module(release, "vhost_vdpa", Status.WARNING, "disks for virtual machines", "CONFIG_VHOST_VDPA");
        process();
        ioUring();
        return List.copyOf(findings);
    }

    private void add(String item, Status status, String detail, String remedy) {
        findings.add(new Finding(item, status, detail, remedy));
    }

    private String kernel() {
        try {
            var release =
                    Files.readString(root.resolve("proc/sys/kernel/osrelease")).strip();
            if (hasVduse(release)) {
                add("kernel", Status.OK, release, "");
            } else {
                add("kernel", Status.MISSING, release, "VDUSE came with Linux 5.15: take a newer kernel");
            }
            return release;
        } catch (IOException unreadable) {
            add("kernel", Status.WARNING, "its release cannot be read: " + unreadable.getMessage(), "mount /proc");
            return "unknown";
        }
    }

    private static boolean hasVduse(String release) {
        var numbers = new Scanner(release).useDelimiter("\\D+");
        int major = numbers.hasNextInt() ? numbers.nextInt() : 0;
        int minor = numbers.hasNextInt() ? numbers.nextInt() : 0;
        return major > 5 || (major == 5 && minor >= 15);
    }

    private void module(String release, String name, Status without, String purpose, String option) {
        var item = "module " + name;
        switch (KernelModule.find(root, release, name).state()) {
            case LOADED -> add(item, Status.OK, "loaded", "");
            case AVAILABLE ->
                add(item, Status.WARNING, "not loaded; for " + purpose, "modprobe " + name.replace('_', '-'));
            case ABSENT ->
                add(item, without, "not part of this kernel; for " + purpose, "take a kernel built with " + option);
            case UNKNOWN ->
                add(
                        item,
                        without,
                        "not loaded, and /lib/modules/" + release + " cannot be read; for " + purpose,
                        "modprobe " + name.replace('_', '-') + " (kernel needs " + option + ")");
        }
    }

    private void control() {
        var item = "/dev/vduse/control";
        // Opening it accepts or refuses our API version.
        try (var control = VduseControl.open(host)) {
            add(item, Status.OK, "usable with API version " + control.apiVersion(), "");
        } catch (LinuxException failure) {
            var detail = Errno.text(failure.errno()) + " (" + Errno.name(failure.errno()) + ")";
            add(item, Status.MISSING, detail, NodeHints.of(failure, NodeName.CONTROL, root));
        } catch (IOException failure) {
            add(item, Status.MISSING, failure.toString(), "");
        }
    }

    private void bus() {
        var item = "vdpa bus";
        // Asking netlink for a family that is not there makes the kernel load its module, so look first.
        if (!Files.isDirectory(root.resolve("sys/bus/vdpa"))) {
            add(item, Status.MISSING, "the kernel has no vdpa bus", "modprobe vdpa (kernel needs CONFIG_VDPA)");
            return;
        }
        try {
            var names = new VdpaBus(host)
                    .managementDevices(TIMEOUT).stream()
                            .map(VdpaManagementDevice::name)
                            .toList();
            if (names.contains(VdpaBus.VDUSE)) {
                add(item, Status.OK, "netlink family vdpa answers, VDUSE is registered", "");
            } else {
                add(item, Status.MISSING, "VDUSE is not registered, only " + names, "modprobe vduse");
            }
        } catch (IOException failure) {
            add(item, Status.MISSING, failure.getMessage(), "");
        }
    }

    private void process() {
        try {
            var limits = ProcessLimits.read(root);
            add(
                    "user",
                    limits.uid() == 0 ? Status.OK : Status.WARNING,
                    "uid " + limits.uid(),
                    limits.uid() == 0
                            ? ""
                            : "only root may open /dev/vduse by default: run as root, or be given a node");
            add(
                    "CAP_NET_ADMIN",
                    limits.capNetAdmin() ? Status.OK : Status.WARNING,
                    limits.capNetAdmin() ? "effective" : "not effective; for attaching and detaching devices",
                    limits.capNetAdmin() ? "" : "run as root, or give the process the capability");
            memlock(limits.memlock());
        } catch (IOException failure) {
            add("process", Status.WARNING, failure.getMessage(), "mount /proc");
        }
    }

    private void memlock(long limit) {
        boolean enough = limit >= BOUNCE_SIZE;
        add(
                "RLIMIT_MEMLOCK",
                enough ? Status.OK : Status.WARNING,
                (limit == Long.MAX_VALUE ? "unlimited" : limit + " bytes")
                        + (enough ? "" : "; registered user memory needs " + BOUNCE_SIZE + " for each device"),
                enough ? "" : "ulimit -l unlimited");
    }

    private void ioUring() {
        var item = "io_uring";
        try {
            var value = Files.readString(root.resolve("proc/sys/kernel/io_uring_disabled"))
                    .strip();
            switch (value) {
                case "0" -> add(item, Status.OK, "enabled", "");
                case "1" ->
                    add(item, Status.WARNING, "for privileged processes only", "sysctl kernel.io_uring_disabled=0");
                default -> add(item, Status.WARNING, "disabled", "sysctl kernel.io_uring_disabled=0");
            }
        } catch (IOException absent) {
            add(
                    item,
                    Status.WARNING,
                    "/proc/sys/kernel/io_uring_disabled is not there: built without it, or Linux before 6.6",
                    "take a kernel from 6.6 on, built with CONFIG_IO_URING");
        }
    }
}
