package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.Hosts;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Goes around every test: says which one it is, and takes away what a failed one has left, so that the others still have
 * a guest to run in. A test that passes and leaves something fails.
 */
public final class CleanGuest implements BeforeEachCallback, AfterEachCallback {
    private static final Namespace SPACE = Namespace.create(CleanGuest.class);

    /** Made by JUnit. */
    public CleanGuest() {}

    @Override
    public void beforeEach(ExtensionContext context) {
        System.out.println();
        System.out.println("=== " + name(context));
        context.getStore(SPACE).put("began", System.nanoTime());
    }

    private static String name(ExtensionContext context) {
        return context.getRequiredTestClass().getSimpleName() + "." + context.getDisplayName();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        long began = context.getStore(SPACE).get("began", Long.class);
        var failure = context.getExecutionException();
        System.out.printf(
                "=== %s after %.1f s%n", failure.isPresent() ? "FAILED" : "passed", (System.nanoTime() - began) / 1e9);
        failure.ifPresent(problem -> System.out.println("    " + problem));
        var left = Devices.vduse();
        clean();
        if (failure.isEmpty()) {
            assertThat(left).as("devices that the test has left").isEmpty();
        }
    }

    private static void clean() throws Exception {
        for (var mounted : mounts()) {
            Shell.run("umount", mounted).show();
        }
        Shell.endAll();
        for (var name : Devices.vduse()) {
            Evidence.show("taking away what is left of %s", name);
            // Serving it again is the only way to detach a device whose process is gone.
            try (var host = Hosts.open("linux");
                    var backend = Backends.open("memory:64M", BackendOptions.NONE);
                    var disk = Disk.named(name).attachTimeout(Shell.PATIENCE).serve(host, backend, Bus.VIRTIO)) {
                Evidence.show("it was %s", disk.device());
            } catch (IOException stays) {
                Evidence.show("it stays: %s", stays.getMessage());
            }
        }
    }

    /** Where file systems on our disks are mounted; not those on virtio disks that are the machine's own. */
    private static List<String> mounts() throws IOException {
        List<String> places = new ArrayList<>();
        for (var line : Files.readAllLines(Path.of("/proc/mounts"))) {
            var words = line.split(" ", 3);
            if (words[0].startsWith("/dev/vd") && isOurs(words[0].replaceAll("[0-9]+$", ""))) {
                places.add(words[1]);
            }
        }
        return places;
    }

    /** Whether a disk is below the vdpa bus, or was: one that was detached while it was mounted is in no folder any more. */
    private static boolean isOurs(String device) throws IOException {
        var entry = Path.of("/sys/block").resolve(Path.of(device).getFileName());
        return !Files.exists(entry) || entry.toRealPath().toString().contains("/vduse/");
    }
}
