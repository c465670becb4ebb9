package io.vduse4j.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.Request.Op;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.nbd.HeapExport;
import io.vduse4j.nbd.NbdTraits;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the client makes of an export. */
@Timeout(60)
class ClientTest {
    @TempDir
    Path folder;

    private ClientRig rig;

    @BeforeEach
    void start() throws Exception {
        rig = new ClientRig(folder);
    }

    @AfterEach
    void stop() throws Exception {
        rig.close();
    }

    private static NbdTraits traits(boolean readOnly, boolean flush, boolean fua, boolean rest, int block) {
        return new NbdTraits(readOnly, flush, fua, rest, rest, rest, rest, block, 4096);
    }

    @Test
    void limitsFollowTheServer() throws Exception {
        rig.serve(new HeapExport(1 << 20));
        var limits = rig.open("").limits();
        assertThat(limits.blockSize()).isEqualTo(512);
        assertThat(limits.physicalBlockSize()).isEqualTo(4096);
        assertThat(limits.canDiscard() && limits.canWriteZeroes() && limits.canUnmapZeroes())
                .isTrue();
        assertThat(limits.isVolatile() || limits.readOnly() || limits.needsCopy())
                .isFalse();
    }

    @Test
    void aServerThatCanDoLittleIsEnough() throws Exception {
        var plain = new HeapExport(1 << 20, traits(false, false, false, false, 4096));
        rig.serve(plain);
        var backend = rig.open("");
        assertThat(backend.limits().blockSize()).isEqualTo(4096);
        assertThat(backend.limits().canDiscard() || backend.limits().canWriteZeroes())
                .isFalse();
        assertThat(backend.limits().isVolatile()).as("no flush, no promise").isTrue();
        backend.flush();
        assertThat(plain.log).isEmpty();
        assertThat(rig.server().connections()).isEqualTo(1);
    }

    @Test
    void severalConnectionsWhereTheServerAllowsThem() throws Exception {
        rig.serve(new HeapExport(1 << 20));
        rig.open("&connections=3");
        for (int i = 0; i < 100 && rig.server().connections() < 3; i++) {
            Thread.sleep(50);
        }
        assertThat(rig.server().connections()).isEqualTo(3);
    }

    @Test
    void flagsReachTheServer() throws Exception {
        var disk = new HeapExport(1 << 20);
        rig.serve(disk);
        rig.open("").flush();
        rig.submit(1, Op.WRITE, true);
        assertThat(rig.worker().await(1)).isZero();
        rig.submit(2, Op.WRITE_ZEROES, true);
        assertThat(rig.worker().await(2)).isZero();
        rig.submit(3, Op.DISCARD, false);
        assertThat(rig.worker().await(3)).isZero();
        assertThat(disk.log).containsExactly("flush", "write 512 fua", "zero 1024 512 fua", "trim 1536 512");
    }

    @Test
    void withoutFuaAWriteThroughIsFlushed() throws Exception {
        var disk = new HeapExport(1 << 20, traits(false, true, false, true, 512));
        rig.serve(disk);
        // A second connection that comes meanwhile would have the write done again.
        rig.open("&connections=1");
        rig.submit(0, Op.WRITE, true);
        assertThat(rig.worker().await(0)).isZero();
        assertThat(disk.log).containsExactly("write 0", "flush");
    }

    @Test
    void errorsOfTheServerArePassedOn() throws Exception {
        var disk = new HeapExport(1 << 20);
        rig.serve(disk);
        rig.open("");
        for (int errno : new int[] {Errno.EIO, Errno.ENOSPC, Errno.EPERM, Errno.ENOMEM}) {
            disk.failWith(errno);
            assertThat(rig.run(Op.WRITE)).isEqualTo(errno);
            assertThat(rig.run(Op.READ)).isEqualTo(errno);
        }
        disk.failWith(0);
        assertThat(rig.run(Op.READ)).isZero();
    }

    @Test
    void whatCannotBeOpenedSaysWhy() throws Exception {
        rig.serve(new HeapExport(1 << 20, traits(true, true, true, true, 512)));
        var uri = rig.server().uri("disk");
        refused(uri, BackendOptions.NONE, Errno.EROFS);
        refused(rig.server().uri("other"), BackendOptions.NONE, Errno.ENOENT);
        var readOnly = BackendOptions.NONE.withReadOnly(true);
        refused(uri, readOnly.withDirect(true), Errno.EINVAL);
        refused(uri, readOnly.withSize(1 << 19), Errno.EINVAL);
        refused(uri, readOnly.withBlockSize(8192), Errno.EINVAL);
        refused("nbd+unix:///x?socket=" + folder.resolve("none"), readOnly, Errno.ENOENT);
        refused("nbd://127.0.0.1:1/x", readOnly, Errno.ECONNREFUSED);
        refused("nbd://no.such.host.invalid/x", readOnly, Errno.ENOENT);
        try (var backend = Backends.open(uri, readOnly.withSize(1 << 20).withBlockSize(4096))) {
            assertThat(backend.limits().readOnly()).isTrue();
            assertThat(backend.limits().blockSize()).isEqualTo(4096);
        }
    }

    private static void refused(String uri, BackendOptions options, int errno) {
        assertThatThrownBy(() -> Backends.open(uri, options))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        problem -> assertThat(problem.errno())
                                .as(problem.getMessage())
                                .isEqualTo(errno));
    }
}
