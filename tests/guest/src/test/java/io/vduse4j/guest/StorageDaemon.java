package io.vduse4j.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** QEMU's daemon, which serves disks through VDUSE too: the peer to stand beside. */
final class StorageDaemon implements Rival {
    private final String name;
    private final Shell.Running running;
    private final String device;

    /**
     * Serves a file.
     *
     * @param name of the device
     * @param blockdev what is served: a blockdev of QEMU without its node name
     * @param writable whether it can be written
     */
    StorageDaemon(String name, String blockdev, boolean writable) throws IOException {
        this.name = name;
        running = Shell.start(
                Map.of(),
                "qemu-storage-daemon",
                "--blockdev",
                blockdev + ",node-name=disk",
                "--export",
                "vduse-blk,id=export,node-name=disk,name=" + name + ",num-queues=1,queue-size=256,writable="
                        + (writable ? "on" : "off"));
        try {
            Wait.until("/dev/vduse/" + name, Shell.PATIENCE, () -> {
                if (!running.process().isAlive()) {
                    throw new AssertionError("qemu-storage-daemon: " + Shell.Running.text(running.err()));
                }
                return Files.exists(Path.of("/dev/vduse", name));
            });
            Shell.run("vdpa", "dev", "add", "name", name, "mgmtdev", "vduse").ok();
            Wait.until(
                    "the disk of " + name,
                    Shell.PATIENCE,
                    () -> Devices.block(name).isPresent());
            device = Devices.block(name).orElseThrow();
        } catch (IOException | AssertionError failure) {
            close();
            throw failure;
        }
    }

    @Override
    public String device() {
        return device;
    }

    @Override
    public long pid() {
        return running.process().pid();
    }

    @Override
    public void close() throws IOException {
        if (Devices.vdpa().contains(name)) {
            Shell.run("vdpa", "dev", "del", name).ok();
        }
        running.process().destroy();
        running.await(Shell.PATIENCE);
        running.close();
    }
}
