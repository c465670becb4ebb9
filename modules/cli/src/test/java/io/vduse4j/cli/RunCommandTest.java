package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a command line becomes; no disk is served. */
final class RunCommandTest {
    private final List<RunSettings> asked = new ArrayList<>();

    /** Remembers what was asked and refuses it. */
    private Invocation run(String line) {
        return Invocation.of(
                settings -> {
                    asked.add(settings);
                    throw new LinuxException("serve", settings.name(), Errno.EBUSY, "as the test wants it");
                },
                line.split(" "));
    }

    @Test
    void hasDefaults() {
        var invocation = run("run /srv/db.img");
        assertThat(invocation)
                .isEqualTo(new Invocation(
                        5, "", "vduse: serve disk-db.img: device or resource busy (EBUSY); as the test wants it\n"));
        assertThat(asked)
                .containsExactly(new RunSettings(
                        "/srv/db.img",
                        BackendOptions.NONE,
                        Door.VDUSE,
                        Optional.empty(),
                        Optional.empty(),
                        "auto",
                        "disk-db.img",
                        Bus.VIRTIO,
                        1,
                        256,
                        "disk-db.img",
                        OptionalInt.empty(),
                        false,
                        List.of(),
                        0,
                        Duration.ofSeconds(10),
                        OptionalLong.empty(),
                        false,
                        false,
                        Optional.empty(),
                        false));
    }

    @Test
    void passesEveryOptionOn() {
        run("run memory:1G --name n --via vduse --bus vhost --host linux --size 1G --queues 4 --queue-size 128"
                + " --block-size 4096 --serial s --read-only --direct --workers 2 --dedicated --pin 0,1 --poll-us always"
                + " --wait 3s --force --bounce-size 1M --umem --packed --msg-timeout 1m --keep -v -o json");
        assertThat(asked)
                .containsExactly(new RunSettings(
                        "memory:1G",
                        new BackendOptions(OptionalLong.of(1 << 30), OptionalInt.of(4096), true, true, true),
                        Door.VDUSE,
                        Optional.empty(),
                        Optional.empty(),
                        "linux",
                        "n",
                        Bus.VHOST,
                        4,
                        128,
                        "s",
                        OptionalInt.of(2),
                        true,
                        List.of(0, 1),
                        Disk.POLL_ALWAYS,
                        Duration.ofSeconds(3),
                        OptionalLong.of(1 << 20),
                        true,
                        true,
                        Optional.of(Duration.ofMinutes(1)),
                        true));
    }

    @Test
    void theSerialIsTheBeginningOfTheName() {
        run("run x --name abcdefghijklmnopqrstuvwxyz");
        assertThat(asked.getFirst().serial()).isEqualTo("abcdefghijklmnopqrst");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "run | missing required parameter: 'BACKEND'",
                "run x y | one word too many: y; a command comes after --",
                "run x y -- true | one word too many: y; a command comes after --",
                "run x -- | a command is missing after --",
                "run x --nam y | there is no option --nam; did you mean --name",
                "run x --name a/b | --name a/b: must be 1 to 64 of the characters",
                "run x --name .. | --name ..: must be 1 to 64 of the characters",
                "run x --name control | --name control: is the name of VDUSE's own node",
                "run x --via smb | --via smb: must be vduse, vhost-user-blk or nbd",
                "run x --socket /s | --socket /s: is for --via vhost-user-blk and nbd",
                "run x --socket fd:3 | --socket fd:3: is for --via vhost-user-blk and nbd",
                "run x --via nbd --socket systemd | --socket systemd: is for --via vhost-user-blk; NBD listens at a path",
                "run x --via vhost-user-blk --socket fd:-1 | --socket fd:-1: must be fd:N, with the number of an open descriptor",
                "run x --via vhost-user-blk --socket systemd: | --socket systemd:: must be systemd:NAME, with the FileDescriptorName= of the socket unit",
                "run x --via nbd --queues 2 | --queues: is for --via vduse and vhost-user-blk",
                "run x --via vhost-user-blk --umem | --umem: is for --via vduse",
                "run x --via vhost-user-blk --keep | --keep: is for --via vduse",
                "run x --via nbd --keep | --keep: is for --via vduse",
                "run x --via nbd --bus vhost | --bus: is for --via vduse",
                "run x --via nbd --dedicated | --dedicated: is for --via vduse and vhost-user-blk",
                "run x --via nbd --workers 17 | --workers 17: must be 1 to 16",
                "run x --host mars | --host mars: must be auto, linux, embedded, or the path",
                "run x --bus pci | --bus pci: must be virtio or vhost",
                "run x --size 1000 | --size 1000: must be a multiple of 512 bytes",
                "run x --size 512 --block-size 4096 | --size 512: must be a multiple of 4096 bytes",
                "run x --size big | invalid value for option '--size': 'big' is not a size",
                "run x --queues 0 | --queues 0: must be 1 to 16",
                "run x --queues 17 | --queues 17: must be 1 to 16",
                "run x --queues many | invalid value for option '--queues': 'many' is not an int",
                "run x --queue-size 3 | --queue-size 3: must be a power of two, 4 to 1024",
                "run x --queue-size 2 | --queue-size 2: must be a power of two, 4 to 1024",
                "run x --queue-size 2048 | --queue-size 2048: must be a power of two, 4 to 1024",
                "run x --queue-size -2147483648 | --queue-size -2147483648: must be a power of two",
                "run x --block-size 513 | --block-size 513: must be 512, 1024, 2048 or 4096",
                "run x --block-size 8192 | --block-size 8192: must be 512, 1024, 2048 or 4096",
                "run x --serial 123456789012345678901 | --serial 123456789012345678901: must be at most 20 characters",
                "run x --serial größe | --serial größe: must be at most 20 characters of ASCII",
                "run x --workers 0 | --workers 0: must be 1 to the number of queues, 1",
                "run x --workers 3 --queues 2 | --workers 3: must be 1 to the number of queues, 2",
                "run x --pin 1-0 | invalid value for option '--pin': '1-0' is not a list of processors",
                "run x --poll-us sometimes | invalid value for option '--poll-us': 'sometimes' is neither",
                "run x --wait 0 | --wait 0ms: must be more than 0 and at most 10m",
                "run x --wait 11m | --wait 660000ms: must be more than 0 and at most 10m",
                "run x --bounce-size 1023k | --bounce-size 1047552: must be 1M to 1G",
                "run x --bounce-size 1048577 | --bounce-size 1048577: must be 1M to 1G and a multiple of 4k",
                "run x --msg-timeout 1500ms | --msg-timeout 1500ms: must be whole seconds",
                "run x --msg-timeout 0 | --msg-timeout 0ms: must be whole seconds",
                "run x -o yaml | invalid value for option '--output': 'yaml' is none of",
                "run x --queues 2 --queues 3 | option '--queues' (N) should be specified only once",
            })
    void refusesInOneLineBeforeAnythingIsServed(String line, String says) {
        var invocation = run(line);
        assertThat(invocation.err()).startsWith("vduse: " + says).endsWith(" \"vduse run --help\"\n");
        assertThat(invocation.err().lines()).hasSize(1);
        assertThat(invocation.code()).isEqualTo(2);
        assertThat(invocation.out()).isEmpty();
        assertThat(asked).isEmpty();
    }

    @Test
    void looksForTheProgramBeforeAnythingIsServed() {
        assertThat(run("run x -- no-such-program"))
                .isEqualTo(new Invocation(
                        3,
                        "",
                        "vduse: run \"no-such-program\": no such file or directory (ENOENT); it is not in $PATH\n"));
        assertThat(run("run x -- /etc/passwd").err()).startsWith("vduse: run /etc/passwd: permission denied (EACCES)");
        assertThat(run("run x -- /no/such/program").code()).isEqualTo(3);
        assertThat(asked).isEmpty();
    }

    @Test
    void showsTheTraceOnlyOnRequest() {
        assertThat(run("run x").err().lines()).hasSize(1);
        assertThat(run("run x -v").err().lines())
                .hasSizeGreaterThan(5)
                .anyMatch(line -> line.contains("RunCommandTest"));
    }

    @Test
    void anOddNameCannotForgeALine() {
        var invocation = Invocation.of(
                settings -> {
                    throw new LinuxException("open", settings.backend(), Errno.ENOENT);
                },
                "run",
                "a\nvduse: all is well\u001b[1A");
        assertThat(invocation.err())
                .isEqualTo("vduse: open a\\nvduse: all is well\\u001b[1A: no such file or directory (ENOENT);"
                        + " check the path\n");
    }

    @Test
    void aFaultOfOursIsStillOneLine() {
        var invocation = Invocation.of(
                settings -> {
                    throw new IllegalStateException("surprise\nsecond line");
                },
                "run",
                "x");
        assertThat(invocation.code()).isEqualTo(1);
        assertThat(invocation.err())
                .startsWith("vduse: internal error: java.lang.IllegalStateException: surprise\\nsecond line; ");
        assertThat(invocation.err().lines()).hasSize(1);
    }
}
