package io.vduse4j.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The other way to a disk that a process serves: qemu-nbd behind the kernel's NBD client. */
final class KernelNbd implements Rival {
    private static final String DEVICE = "/dev/nbd0";

    private final Shell.Running running;

    /**
     * Serves an image, read-only.
     *
     * @param image the file
     * @param socket where server and client meet; a file that does not exist
     */
    KernelNbd(Path image, Path socket) throws IOException {
        Shell.run("modprobe", "nbd", "nbds_max=1", "max_part=0").ok();
        // Without --verbose it goes into the background.
        running = Shell.start(
                Map.of(),
                "qemu-nbd",
                "--verbose",
                "--connect=" + DEVICE,
                "--socket=" + socket,
                "--read-only",
                "--format=raw",
                image.toString());
        try {
            var size = Path.of("/sys/block/nbd0/size");
            Wait.until(DEVICE, Shell.PATIENCE, () -> {
                if (!running.process().isAlive()) {
                    throw new AssertionError("qemu-nbd: " + Shell.Running.text(running.err()));
                }
                return !Files.readString(size).strip().equals("0");
            });
        } catch (IOException | AssertionError failure) {
            close();
            throw failure;
        }
    }

    @Override
    public String device() {
        return DEVICE;
    }

    @Override
    public long pid() {
        return running.process().pid();
    }

    @Override
    public void close() throws IOException {
        Shell.run("qemu-nbd", "--disconnect", DEVICE).show();
        running.process().destroy();
        running.await(Shell.PATIENCE);
        running.close();
    }
}
