package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.vduse.DeviceSpec;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.host.remote.RemoteHost;
import io.vduse4j.virtio.VirtioFeatures;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What killed processes left is found; only what nobody has and nobody uses is removed. */
@Timeout(180)
class GcTest {
    @TempDir
    Path folder;

    private VduseProcess start(String... words) throws IOException {
        return VduseProcess.start(
                folder,
                Stream.concat(Stream.of(words), Stream.of("--host", kernelSocket()))
                        .toArray(String[]::new));
    }

    private VduseProcess serve(String name) throws IOException {
        return start("run", "file:" + folder.resolve(name + ".img"), "--size", "1M", "--name", name);
    }

    private String kernelSocket() {
        return folder.resolve("kernel.sock").toString();
    }

    private List<String> gc(String... words) throws Exception {
        try (var gc = start(Stream.concat(Stream.of("gc"), Stream.of(words)).toArray(String[]::new))) {
            assertThat(gc.awaitExit()).as(Files.readString(gc.err())).isZero();
            return gc.awaitDevice().lines().map(String::strip).toList();
        }
    }

    /** As a process that is killed before it has attached its device. */
    private void createAndDie(String name) throws Exception {
        try (var host = RemoteHost.connect(Path.of(kernelSocket()), Duration.ofSeconds(10));
                var control = VduseControl.open(host)) {
            long features = VirtioFeatures.VERSION_1 | VirtioFeatures.ACCESS_PLATFORM;
            control.create(new DeviceSpec(name, 1, 2, features, 1, DeviceSpec.PAGE_SIZE, new byte[60]));
        }
    }

    @Test
    void onlyWhatNobodyHasIsRemoved() throws Exception {
        var runtime = folder.resolve("vduse4j");
        try (var kernel = VduseProcess.start(folder, "kernel", "--socket", kernelSocket())) {
            kernel.awaitErr("ready in");
            try (var live = serve("live");
                    var orphan = serve("orphan")) {
                live.awaitDevice();
                orphan.awaitDevice();
                orphan.kill();
                var log = Files.write(runtime.resolve("gone.inflight"), new byte[10]);
                var socket = runtime.resolve("gone.nbd");
                try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                    server.bind(UnixDomainSocketAddress.of(socket));
                    assertThat(gc("--dry-run")).hasSize(2).last().asString().startsWith("device  orphan  orphaned");
                }
                var dry = gc("--dry-run");
                assertThat(dry).hasSize(4);
                assertThat(dry.get(0)).matches("KIND +NAME +STATE +HINT");
                assertThat(dry.get(1))
                        .matches(
                                "device +orphan +orphaned +its driver waits: \"vduse run BACKEND --name orphan\" goes on,"
                                        + " \"vduse abort orphan\" ends it");
                assertThat(dry.get(2)).matches("log +" + log + " +unused +-");
                assertThat(dry.get(3)).matches("socket +" + socket + " +unused +-");
                assertThat(log).exists();
                assertThat(gc("-o", "json").getFirst())
                        .contains("{\"kind\":\"device\",\"name\":\"orphan\",\"state\":\"orphaned\"")
                        .contains("{\"kind\":\"log\",\"name\":\"" + log + "\",\"state\":\"removed\",\"hint\":\"\"}")
                        .contains("{\"kind\":\"socket\",\"name\":\"" + socket + "\",\"state\":\"removed\"");
                assertThat(log).doesNotExist();
                assertThat(socket).doesNotExist();
                assertThat(runtime.resolve("orphan.inflight")).exists();
                assertThat(runtime.resolve("live.inflight")).exists();
                assertThat(gc()).hasSize(2);
                assertThat(live.stop()).isZero();
                try (var next = serve("orphan")) { // it was not harmed
                    next.awaitDevice();
                    assertThat(next.stop()).isZero();
                }
                assertThat(gc()).hasSize(1);
            }
            createAndDie("unused");
            assertThat(gc("--dry-run")).last().asString().matches("device +unused +unused +-");
            assertThat(gc()).last().asString().matches("device +unused +removed +-");
            assertThat(gc()).hasSize(1);
            assertThat(kernel.stop()).isZero();
        }
    }
}
