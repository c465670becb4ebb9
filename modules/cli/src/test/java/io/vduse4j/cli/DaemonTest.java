package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.daemon.JsonReader;
import io.vduse4j.daemon.RpcClient;
import io.vduse4j.daemon.RpcException;
import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.Framing;
import io.vduse4j.testkit.vhostuser.VhostUserFrontEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many disks in one process, by the commands that manage them. */
@Timeout(120)
final class DaemonTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    private TestDaemon daemon;

    @BeforeEach
    void start() throws IOException {
        daemon = new TestDaemon(folder);
    }

    @AfterEach
    void end() throws IOException {
        daemon.close();
        try (var left = Files.list(folder)) {
            assertThat(left).as("sockets").noneMatch(path -> !path.toString().endsWith(".img"));
        }
    }

    /** Runs a command that must work; returns its standard output. */
    private String done(String line) {
        var invocation = daemon.vduse(line);
        assertThat(invocation.code()).as(invocation.err()).isZero();
        assertThat(invocation.err()).isEmpty();
        return invocation.out().strip();
    }

    private void refused(String line, int code, String... says) {
        var invocation = daemon.vduse(line);
        assertThat(invocation.err()).startsWith("vduse: ").contains(says);
        assertThat(invocation.err().lines()).hasSize(1);
        assertThat(invocation.out()).isEmpty();
        assertThat(invocation.code()).as(invocation.err()).isEqualTo(code);
    }

    private static byte[] block(int value) {
        var block = new byte[512];
        Arrays.fill(block, (byte) value);
        return block;
    }

    private VhostUserFrontEnd frontEnd(String socket) throws IOException {
        var frontEnd = VhostUserFrontEnd.connect(Path.of(socket), TIMEOUT);
        frontEnd.negotiate();
        return frontEnd;
    }

    @Test
    void oneVolumeIsWrittenThroughOneDoorAndReadThroughAnother() throws Exception {
        var image = folder.resolve("vm.img");
        var socket = done("create vm " + image + " --size 1M --via vhost-user-blk --queues 2");
        assertThat(socket).isEqualTo(folder + "/vm.vhost-user-blk");
        var uri = done("create copy " + image + " --via nbd --read-only");
        assertThat(uri).isEqualTo("nbd+unix:///copy?socket=" + folder + "/copy.nbd");
        refused("create other " + image + " --via nbd", 5, "file:" + image, "(EBUSY)", "export vm writes to it");
        try (var writer = frontEnd(socket);
                var reader = new VolumeProbe(uri, BackendOptions.NONE.withReadOnly(true))) {
            writer.start(1, 64, 0, 8);
            assertThat(reader.isReadOnly()).isTrue();
            for (int value = 1; value < 20; value++) {
                writer.queue(0)
                        .run(BlkCommand.write(value, block(value)), Framing.CLASSIC)
                        .require();
                assertThat(reader.read(value)).isEqualTo(block(value));
            }
            refused("rm vm", 5, "remove vm: ", "(EBUSY)", folder + "/vm.vhost-user-blk is in use");
            refused("rm copy", 5, "is in use");
        }
        assertThat(Files.readAllBytes(image)).startsWith(new byte[512]).contains((byte) 19);
        done("rm vm --force");
        assertThat(done("create next " + image + " --via nbd")).endsWith("next.nbd");
    }

    @Test
    void threeDoorsAreListed() throws Exception {
        var hosted = done("create own memory:4M --bus virtio --queues 2");
        assertThat(hosted).startsWith("nbd+unix:///own?socket=/");
        var socket = done("create vm memory:1M --via vhost-user-blk --socket " + folder.resolve("x.img"));
        assertThat(socket).isEqualTo(folder.resolve("x.img").toString());
        var uri = done("create net null:1T --via nbd");
        try (var disk = new VolumeProbe(hosted, BackendOptions.NONE)) {
            disk.write(7, block(7));
            assertThat(disk.read(7)).isEqualTo(block(7));
        }
        assertThat(done("ls").lines().toList()).hasSize(4).satisfies(lines -> {
            assertThat(lines.getFirst()).matches("NAME +VIA +BACKEND +SIZE +DEVICE +STATE");
            assertThat(lines.get(1)).matches("net +nbd +null:1T +1 TiB +\\Q" + uri + "\\E +up");
            assertThat(lines.get(2)).matches("own +vduse +memory:4M +4 MiB +\\Q" + hosted + "\\E +up");
            assertThat(lines.get(3)).matches("vm +vhost-user-blk +memory:1M +1 MiB +\\Q" + socket + "\\E +up");
        });
        var shown = (Map<?, ?>) JsonReader.read(done("show own -o json"));
        assertThat(shown.get("size")).isEqualTo(4L << 20);
        assertThat(shown.get("workers")).isEqualTo("shared");
        assertThat(((List<?>) JsonReader.read(done("ls -o json"))).get(1)).isEqualTo(shown);
        assertThat(done("show vm")).contains("state      up", "read_only  false");
        for (var name : List.of("own", "vm", "net")) {
            assertThat(done("rm " + name)).isEmpty();
        }
        assertThat(done("ls").lines()).hasSize(1);
    }

    @Test
    void everyExportOfAVolumeSeesThatItGrows() throws Exception {
        var image = folder.resolve("grow.img");
        var socket = done("create a " + image + " --size 1M --via vhost-user-blk");
        var uri = done("create b " + image + " --via nbd --read-only");
        var hosted = done("create c " + image + " --read-only");
        try (var frontEnd = frontEnd(socket)) {
            assertThat(frontEnd.capacity()).isEqualTo(2048);
            done("resize b 2M");
            assertThat(frontEnd.capacity()).isEqualTo(4096);
        }
        for (var device : List.of(uri, hosted)) {
            awaitSize(device, 2 << 20);
        }
        assertThat(image).hasSize(2 << 20);
        refused("resize a 1M", 2, "resize file:" + image, "volumes only grow: it has 2097152 bytes");
        refused("resize a 2097153", 2, "blocks of 512");
        refused("resize none 4M", 3, "there is no export of that name");
        done("create m memory:1M --via nbd");
        refused("resize m 2M", 6, "volumes of this kind keep their size");
    }

    /** The driver of the embedded kernel hears of it a moment later. */
    private static void awaitSize(String device, long size) throws Exception {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (true) {
            try (var disk = new VolumeProbe(device, BackendOptions.NONE.withReadOnly(true))) {
                if (disk.size() == size) {
                    return;
                }
                assertThat(System.nanoTime() - deadline)
                        .as("%s has %d", device, disk.size())
                        .isNegative();
            }
            Thread.sleep(20);
        }
    }

    @Test
    void sharedWorkersOutliveTheirDisks() throws Exception {
        for (int round = 0; round < 3; round++) {
            var shared = done("create s memory:1M --via vhost-user-blk --queues 4");
            var own = done("create d memory:1M --via vhost-user-blk --dedicated");
            for (var socket : List.of(shared, own)) {
                try (var frontEnd = frontEnd(socket)) {
                    frontEnd.start(1, 64, 0, 8);
                    frontEnd.queue(0)
                            .run(BlkCommand.write(0, block(round)), Framing.CLASSIC)
                            .require();
                }
            }
            assertThat(done("show d")).contains("workers    dedicated");
            done("rm s --force");
            done("rm d --force");
        }
    }

    @Test
    void refusalsHaveTheirExitCodes() {
        done("create a memory:1M --via nbd");
        refused("create a memory:1M --via nbd", 4, "create a: ", "(EEXIST)", "which is up");
        refused("show b", 3, "find b: ", "(ENOENT)");
        refused("rm b", 3, "find b: ", "(ENOENT)");
        refused("create b " + folder.resolve("missing"), 3, "open " + folder + "/missing", "(ENOENT)");
        refused("create b memory:1M --bus vhost", 6, "the embedded kernel has no /dev/vhost-vdpa-N");
        refused("create b memory:1M --via nbd --socket /no/such/folder/s", 3, "/no/such/folder");
        refused("create b bogus:x --via nbd", 2, "open bogus:x");
        refused("create a/b memory:1M", 2, "name a/b: must be 1 to 64");
        refused("create b memory:1M --queues 17", 2, "--queues 17: must be 1 to 16", "see \"vduse create --help\"");
        refused(
                "create b memory:1M --via vhost-user-blk --socket fd:3",
                2,
                "--socket fd:3: a daemon listens at a path");
        refused("create b memory:1M --via vhost-user-blk --socket fd:x", 2, "--socket fd:x: ");
        refused("create b memory:1M --host linux", 2, "there is no option --host");
        assertThat(done("ls").lines()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "export.create | {\"name\":\"b\"} | \"backend\" must be a string",
                "export.create | {\"name\":\"b\",\"backend\":\"x.img\"} | must be given as file: and its absolute path",
                "export.create | {\"name\":\"b\",\"backend\":\"memory:1M\",\"queues\":17} | --queues 17: must be 1 to 16",
                "export.create | {\"name\":\"b\",\"backend\":\"memory:1M\",\"Queues\":1} | there is no parameter \"Queues\"",
                "export.create | {\"name\":\"b\",\"backend\":\"memory:1M\",\"help\":true} | Unknown option: '--help'",
                "export.create | {\"name\":\"b\",\"backend\":\"memory:1M\",\"pin\":[1]} | \"pin\" must be a string",
                "export.create | {\"name\":\"../b\",\"backend\":\"memory:1M\"} | name ../b: must be 1 to 64",
                "export.resize | {\"name\":\"a\",\"size\":\"1G\"} | \"size\" must be a whole number",
                "export.remove | {\"name\":\"a\",\"force\":1} | \"force\" must be true or false",
                "export.list | {\"x\":1} | there is no parameter \"x\"",
            })
    void paramsAreReadByTheRulesOfTheOptions(String method, String params, String says) throws Exception {
        try (var client = RpcClient.connect(daemon.socket())) {
            client.call(method, typed((Map<?, ?>) JsonReader.read(params)), TIMEOUT);
            throw new AssertionError("taken");
        } catch (RpcException wrong) {
            assertThat(wrong.code()).isEqualTo(RpcException.INVALID_PARAMS);
            assertThat(wrong).hasMessageContaining(says);
        }
    }

    private static Map<String, Object> typed(Map<?, ?> map) {
        var typed = new LinkedHashMap<String, Object>();
        map.forEach((name, value) -> typed.put((String) name, value));
        return typed;
    }

    @Test
    void withoutADaemonThereIsAHint() {
        var nowhere = folder.resolve("none");
        for (var line : List.of("ls", "show a", "rm a", "resize a 1M", "create a memory:1M")) {
            var words = (line + " --daemon " + nowhere).split(" ", -1);
            var invocation = Invocation.of(words);
            assertThat(invocation.code()).isEqualTo(3);
            assertThat(invocation.err())
                    .startsWith("vduse: connect " + nowhere + ": no such file or directory (ENOENT); ")
                    .contains("start one with \"vduse daemon\"");
        }
    }
}
