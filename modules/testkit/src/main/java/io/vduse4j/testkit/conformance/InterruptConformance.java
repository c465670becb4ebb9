package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import org.junit.jupiter.api.Test;

/** When a driver can be interrupted, and what an interrupt does. */
public abstract class InterruptConformance extends Cases {
    /** For subclasses. */
    protected InterruptConformance() {}

    private Node device(String name) throws Exception {
        return rig.device(DeviceConfig.disk(name, 2)).setUpAll(2, 64);
    }

    private static void nobody(Node node) {
        refused(node.inject(0), Errno.EINVAL);
        refused(node.inject(1), Errno.EINVAL);
        refused(node.injectConfig(), Errno.EINVAL);
    }

    @Test
    @Rule(value = "2.3", item = 10)
    void nobodyIsInterruptedBeforeDriverOkIsAnswered() throws Exception {
        var name = Rig.name();
        var node = device(name);
        var attach = rig.attach(name);
        for (int status : new int[] {0x00, 0x01, 0x03, 0x0b}) {
            var request = node.next(status);
            nobody(node);
            node.accept(request);
        }
        var driverOk = node.next(0x0f);
        assertThat(node.info(0).ready()).isTrue();
        nobody(node);
        node.accept(driverOk);
        done(Rig.finish(attach));
        done(node.inject(0));
        done(node.injectConfig());
    }

    @Test
    @Rule(value = "2.3", item = 10)
    void aQueueThatIsNotReadyIsInterruptedForNothing() throws Exception {
        var disk = new LiveDisk(rig).attach();
        assertThat(disk.node().info(1).ready()).isFalse();
        done(disk.node().inject(1));
        refused(disk.node().inject(2), Errno.EINVAL);
    }

    @Test
    @Rule("4.4")
    void interruptsForNothingDoNoHarm() throws Exception {
        var disk = new LiveDisk(rig).attach();
        for (int i = 0; i < 100; i++) {
            done(disk.node().inject(0));
            done(disk.node().injectConfig());
        }
        disk.grow();
        var read = disk.read();
        disk.finish(read, disk.take(), 0x12);
    }

    @Test
    @Rule("4.4")
    void aRequestIsDoneWithTheInterrupt() throws Exception {
        var disk = new LiveDisk(rig).attach().grow();
        var read = disk.read();
        var chain = disk.take();
        LiveDisk.fill(chain, 0x13);
        disk.put(chain, LiveDisk.BYTES + 1);
        Rig.pause(300);
        assertThat(read).isNotDone();
        disk.interrupt();
        LiveDisk.holds(Rig.finish(read), 0x13);
    }

    @Test
    @Rule(value = "2.3", item = 10)
    void nobodyIsInterruptedAfterAReset() throws Exception {
        var disk = new LiveDisk(rig).attach();
        done(disk.node().inject(0));
        disk.detach();
        nobody(disk.node());
    }

    @Test
    @Rule("7.1")
    void nobodyIsInterruptedWhenDriverOkWasRefused() throws Exception {
        var name = Rig.name();
        var node = device(name);
        done(Daemon.refusing(node, request -> request.isStatus() && request.status() == 0x0f)
                .during(rig.attach(name)));
        nobody(node);
    }

    @Test
    @Rule("3.6")
    void theNextDaemonInterruptsTheSameDriver() throws Exception {
        var disk = new LiveDisk(rig).attach().grow();
        var read = disk.read();
        var chain = disk.take();
        disk.reopen();
        assertThat(disk.node().info(0).ready()).isTrue();
        LiveDisk.fill(chain, 0x14);
        disk.put(chain, LiveDisk.BYTES + 1);
        done(disk.node().inject(0));
        LiveDisk.holds(Rig.finish(read), 0x14);
    }
}
