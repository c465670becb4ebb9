package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.Hosts;
import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.testkit.BlkDriver;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.Framing;
import io.vduse4j.testkit.VhostVdpaDriver;
import io.vduse4j.testkit.vhostuser.VhostUserFrontEnd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One process serves a disk for containers, through VDUSE and the kernel's own driver, and two for virtual machines, through
 * vhost-vdpa and through vhost-user. All three work at the same time.
 */
@Tag("quick")
final class ThreeDoorsTest {
    private static final int SIZE = 128;
    private static final int DEPTH = 8;
    private static final int WINDOW = 8192;
    private static final int MOST_SECTORS = 64;
    private static final int CHUNK = 64 << 10;

    /** In each of these all three must get on. */
    private static final int PERIODS = 3;

    private static final long PERIOD_MILLIS = 2000;

    @TempDir
    private Path folder;

    private static Backend memory() throws IOException {
        return Backends.open("memory:64M", BackendOptions.NONE);
    }

    private static Disk.Builder disk(String name) {
        return Disk.named(name).queueSize(SIZE).attachTimeout(Shell.PATIENCE);
    }

    @Test
    void oneProcessServesContainersAndVirtualMachinesAtTheSameTime() throws Exception {
        serve(1, 100); // what is made once a process
        var before = Census.take();
        Evidence.show("before: %s", before);
        serve(PERIODS, PERIOD_MILLIS);
        var after = Census.take();
        Evidence.show("after:  %s", after);
        assertThat(after.descriptors()).isEqualTo(before.descriptors());
        assertThat(after.mappings()).isEqualTo(before.mappings());
        assertThat(after.threads()).isEqualTo(before.threads());
        assertThat(after.budget()).isEqualTo(before.budget());
        assertThat(folder.resolve("vm.sock")).doesNotExist();
    }

    private void serve(int periods, long millis) throws Exception {
        var socket = folder.resolve("vm.sock");
        try (var host = Hosts.open("linux");
                var one = memory();
                var two = memory();
                var three = memory();
                var container = disk("container").serve(host, one, Bus.VIRTIO);
                var vm = disk("vm").serve(host, two, Bus.VHOST);
                var _ = disk("vm2").listen(socket, three);
                var vdpa = VhostVdpaDriver.open(vm.device(), Shell.PATIENCE);
                var monitor = VhostUserFrontEnd.connect(socket, Shell.PATIENCE)) {
            vdpa.start(VhostVdpaDriver.supported(), 1, SIZE, 0, DEPTH);
            monitor.negotiate();
            monitor.start(1, SIZE, 0, DEPTH);
            Evidence.show("%s, %s and %s", container.device(), vm.device(), socket);
            var loads = List.of(
                    new Load("container", blocks(container.device())),
                    new Load("vhost-vdpa", driver(vdpa.queue(0), vdpa.features(), vdpa.tables())),
                    new Load("vhost-user", driver(monitor.queue(0), monitor.features(), monitor.tables())));
            try {
                observe(loads, periods, millis);
            } finally {
                for (Load load : loads) {
                    load.end();
                }
            }
            for (Load load : loads) {
                assertThat(load.failure).as(load.name).isNull();
            }
            assertThat(container.isBroken() || vm.isBroken()).isFalse();
        }
    }

    private static void observe(List<Load> loads, int periods, long millis) throws InterruptedException {
        loads.forEach(load -> load.thread.start());
        for (int period = 0; period < periods; period++) {
            var before = loads.stream().map(load -> load.steps).toList();
            Thread.sleep(millis);
            var done = new ArrayList<String>();
            for (int i = 0; i < loads.size(); i++) {
                Load load = loads.get(i);
                long steps = load.steps - before.get(i);
                done.add(load.name + " " + steps);
                if (periods > 1) {
                    assertThat(steps).as(load.name + " in period " + period).isPositive();
                }
            }
            Evidence.show("verified at the same time: %s", String.join(", ", done));
        }
    }

    /** Writes 64 KiB around the page cache, reads them back and compares. */
    private static Step blocks(String device) {
        return number -> {
            long offset = number % 64 * CHUNK;
            Blocks.write(device, offset, CHUNK, number);
            Blocks.compare(device, offset, CHUNK, number);
        };
    }

    /** A few verified requests. */
    private static Step driver(BlkDriver queue, long features, Framing.Tables tables) {
        var workload = new BlkWorkload(0, WINDOW, MOST_SECTORS, features, new Random(5));
        return _ -> workload.run(queue, 3, DEPTH, tables);
    }

    /** A piece of work, verified; none is like the one before it. */
    private interface Step {
        void run(long number) throws IOException;
    }

    /** A thread that works until it is ended. */
    private static final class Load {
        final String name;
        final Thread thread;
        volatile long steps;
        volatile boolean over;
        volatile Throwable failure;

        Load(String name, Step step) {
            this.name = name;
            thread = Thread.ofPlatform().name("load " + name).unstarted(() -> {
                try {
                    for (long number = 1; !over; number++) {
                        step.run(number);
                        steps = number;
                    }
                } catch (IOException | RuntimeException | Error problem) {
                    failure = problem;
                }
            });
        }

        void end() throws InterruptedException {
            over = true;
            if (thread.isAlive()) {
                thread.join(Shell.PATIENCE);
            }
            assertThat(thread.isAlive()).as(name + " still works").isFalse();
        }
    }
}
