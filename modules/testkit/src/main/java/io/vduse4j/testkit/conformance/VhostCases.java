package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;

import io.vduse4j.testkit.VhostLayout;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;

/** A device of two queues whose driver is vhost, with its vhost side open and owned. */
abstract class VhostCases extends Cases {
    static final int QUEUES = 2;

    String name;
    Node node;
    Daemon daemon;
    VhostClient vhost;

    @BeforeEach
    void openVhost() throws Exception {
        name = Rig.name();
        node = rig.device(DeviceConfig.disk(name, QUEUES));
        done(node.setUp(0, 64));
        done(node.setUp(1, 128));
        daemon = Daemon.of(node);
        done(daemon.during(rig.attach(name)));
        daemon.during(Rig.aside(() -> {
            rig.host().bind(name, "vhost_vdpa");
            return true;
        }));
        daemon.transcript();
        vhost = openAgain(daemon);
        done(vhost.call(VhostLayout.SET_OWNER));
        daemon.transcript();
    }

    /** Opens the vhost side while a daemon answers. */
    VhostClient openAgain(Daemon answering) throws Exception {
        return new VhostClient(answering.during(Rig.aside(() -> rig.vhost(name))), rig.arena(), answering);
    }

    /** Has messages refused from now on. */
    Daemon refusing(Predicate<Request> refuses) {
        var other = Daemon.refusing(node, refuses);
        vhost.answeredBy(other);
        return other;
    }

    /** What the daemon has heard since the last time. */
    List<String> heard() {
        return daemon.transcript();
    }
}
