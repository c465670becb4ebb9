package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What {@code vduse run} cannot do on a host is said in one line, with an exit code for it; nothing is left behind. */
@Tag("quick")
final class RefusalTest {
    private static final int NOT_POSSIBLE = 6;

    @Test
    void withoutTheRightToAttach() throws Exception {
        var outcome = run("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin");
        assertThat(outcome.err()).contains("EPERM").contains("CAP_NET_ADMIN");
    }

    @Test
    void withoutTheRightToCreate() throws Exception {
        Shell.run("chmod", "000", "/dev/vduse/control").ok();
        try {
            var rights = "-dac_override,-dac_read_search";
            var outcome = run("setpriv", "--bounding-set=" + rights, "--inh-caps=" + rights);
            assertThat(outcome.err()).contains("EACCES").contains("/dev/vduse/control");
        } finally {
            Shell.run("chmod", "600", "/dev/vduse/control").ok();
        }
    }

    @Test
    void withoutTheModule() throws Exception {
        var outcome = run(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs none /dev/vduse && exec \"$@\"",
                "without-the-module");
        assertThat(outcome.err()).contains("ENODEV").contains("modprobe vduse");
    }

    private static Outcome run(String... by) throws Exception {
        try (var vduse = Vduse.start(Map.of(), by, "memory:64M", "--name", "refused", "--host", "linux")) {
            var outcome = vduse.await(Shell.PATIENCE).show();
            assertThat(outcome.code()).isEqualTo(NOT_POSSIBLE);
            assertThat(outcome.out()).isEmpty();
            oneLine(outcome);
            assertThat(Devices.vduse()).as("VDUSE devices").isEmpty();
            assertThat(Devices.vdpa()).as("devices on the vdpa bus").isEmpty();
            return outcome;
        }
    }

    /** One line on standard error, and no stack trace. */
    static void oneLine(Outcome outcome) {
        assertThat(outcome.errLines()).hasSize(1);
        noTrace(outcome);
    }

    /** Lines for people only. */
    static void noTrace(Outcome outcome) {
        assertThat(outcome.errLines()).allMatch(line -> line.startsWith("vduse: "));
        assertThat(outcome.err()).doesNotContain("Exception").doesNotContain("internal error");
    }
}
