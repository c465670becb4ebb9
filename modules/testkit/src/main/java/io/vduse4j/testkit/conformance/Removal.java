package io.vduse4j.testkit.conformance;

import io.vduse4j.vduse.host.VduseNode;

/**
 * Takes a device off the vdpa bus, in whatever state a case has left it: what the driver still wants is served.
 *
 * @param rig the rig
 * @param name name of the device
 * @param queues how many queues it has
 */
record Removal(Rig rig, String name, int queues) {
    void run() throws Exception {
        if (!rig.host().isAttached(name)) {
            return;
        }
        var node = rig.reopen(name);
        try (var rings = new RingServer(node, queues, 0)) {
            boolean broken = node.raw().poll(0, 0) == VduseNode.POLLERR;
            // The queues of a vhost side are in memory of the case's, which may be gone.
            boolean serves = !broken && rig.vhosts().isEmpty();
            var daemon = serves ? Daemon.serving(node, rings) : Daemon.of(node);
            for (var vhost : rig.vhosts()) {
                daemon.during(Rig.aside(() -> {
                    vhost.close();
                    return true;
                }));
            }
            Answers.done(daemon.during(rig.detach(name)));
        }
    }
}
