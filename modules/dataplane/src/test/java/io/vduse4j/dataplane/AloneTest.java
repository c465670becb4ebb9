package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.Eventually;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** A handler knows whether others wait for its worker: then it does not do at once what may take long. */
class AloneTest {

    @Test
    void itChangesWhileDevicesComeAndGo() throws Exception {
        EchoDevice device = EchoDevice.direct(1);
        List<Boolean> alone = new CopyOnWriteArrayList<>();
        device.onHandle(_ -> alone.add(device.context().isAlone()));
        try (WorkerPool pool = new WorkerPool(1, 0);
                Rig rig = new Rig(device, 0, pool).start()) {
            rig.echo(0, 1);
            try (Rig other = new Rig(EchoDevice.direct(1), 0, pool).start()) {
                other.echo(0, 1);
                rig.echo(0, 2);
            }
            Eventually.until("the other has left the worker", () -> {
                rig.echo(0, 3);
                return alone.getLast();
            });
        }
        assertThat(alone).startsWith(true, false).endsWith(true);
    }
}
