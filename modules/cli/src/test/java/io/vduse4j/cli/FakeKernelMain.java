package io.vduse4j.cli;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkReply;
import io.vduse4j.vduse.host.VdpaConsumer;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The command with a kernel half that has no devices, for a process of its own. */
final class FakeKernelMain {
    private FakeKernelMain() {}

    public static void main(String[] args) {
        var console = new Console(System.out, System.err);
        System.exit(Main.execute(console, new DiskServer(console, Ground.OWN), () -> new FakeKernel(console), args));
    }

    private record FakeKernel(Console console) implements VduseHost {
        @Override
        public String name() {
            return "fake";
        }

        @Override
        public VduseNode open(String node) throws IOException {
            throw new LinuxException("open", node, Errno.ENOENT);
        }

        @Override
        public String readAttribute(String device, String attribute) {
            return device + " " + attribute;
        }

        @Override
        public void writeAttribute(String device, String attribute, String value) throws IOException {
            throw new LinuxException("open", device, Errno.ENOENT);
        }

        @Override
        public NetlinkReply vdpa(int command, boolean dump, byte[] attributes, Duration timeout) {
            return new NetlinkReply(0, "", List.of());
        }

        @Override
        public void bind(String device, String driver) throws IOException {
            throw new LinuxException("bind", device, Errno.ENODEV);
        }

        @Override
        public List<String> devices() {
            return List.of();
        }

        @Override
        public boolean isAttached(String device) {
            return false;
        }

        @Override
        public Optional<VdpaConsumer> consumer(String device) {
            return Optional.empty();
        }

        /** Writes a line, so that a test sees that it happened. */
        @Override
        public void close() {
            console.say("closed");
        }
    }
}
