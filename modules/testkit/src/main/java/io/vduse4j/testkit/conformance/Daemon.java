package io.vduse4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.vduse.host.VduseNode;
import io.vduse4j.virtio.DeviceStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** Answers a device's messages, and may serve its queues, while something else happens. Works on the caller's thread. */
final class Daemon {
    private static final long STEP_MILLIS = 5;
    private static final long LONG_STEP_MILLIS = 1000;

    private final Node node;
    private final Optional<RingServer> rings;
    private final Predicate<Request> refuses;
    private final List<Request> heard = new ArrayList<>();

    /** Not between a reset and the next DRIVER_OK: queues that are still there then are about to go. */
    private boolean serves = true;

    private Daemon(Node node, Optional<RingServer> rings, Predicate<Request> refuses) {
        this.node = node;
        this.rings = rings;
        this.refuses = refuses;
    }

    /** Says yes to everything. */
    static Daemon of(Node node) {
        return new Daemon(node, Optional.empty(), _ -> false);
    }

    /** Says yes to everything, and serves the queues. */
    static Daemon serving(Node node, RingServer rings) {
        return new Daemon(node, Optional.of(rings), _ -> false);
    }

    /** Says no to some messages. */
    static Daemon refusing(Node node, Predicate<Request> refuses) {
        return new Daemon(node, Optional.empty(), refuses);
    }

    /** Works until something else is done, and returns what that returns. */
    <T> T during(CompletableFuture<T> work) throws Exception {
        long deadline = System.nanoTime() + Rig.PATIENCE.toNanos();
        var _ = work.whenComplete((_, _) -> node.raw().wake());
        while (!work.isDone()) {
            assertThat(System.nanoTime() - deadline)
                    .as("nanoseconds over the limit, after " + heard)
                    .isNegative();
            round(rings.isPresent() ? STEP_MILLIS : LONG_STEP_MILLIS);
        }
        return Rig.finish(work);
    }

    private void round(long millis) throws Exception {
        int events = node.raw().poll(VduseNode.POLLIN, millis);
        if ((events & VduseNode.POLLIN) != 0) {
            answer(node.read());
        } else if (events != 0) {
            // Broken: nothing comes any more, and poll does not wait.
            Rig.pause(STEP_MILLIS);
        }
        if (rings.isPresent() && serves && (events & VduseNode.POLLERR) == 0) {
            rings.get().serve();
        }
    }

    private void answer(Request request) {
        heard.add(request);
        if (request.isStatus()) {
            serves = (request.status() & (DeviceStatus.DRIVER_OK | DeviceStatus.FAILED)) == DeviceStatus.DRIVER_OK;
        }
        if (!serves) {
            rings.ifPresent(RingServer::forget);
        }
        if (refuses.test(request)) {
            node.refuse(request);
        } else {
            node.accept(request);
        }
    }

    /** What was heard since the last time. */
    List<String> transcript() {
        var texts = heard.stream().map(Request::text).toList();
        heard.clear();
        return texts;
    }

    /** Everything that was heard and not taken as a transcript. */
    List<Request> heard() {
        return List.copyOf(heard);
    }
}
