/** The kernel half of VDUSE, in Java: an implementation of {@code VduseHost} for machines whose kernel has none. */
module io.vduse4j.embedded {
    requires transitive io.vduse4j.vduse;

    exports io.vduse4j.embedded;
    exports io.vduse4j.embedded.vdpa;
    exports io.vduse4j.embedded.vduse;
    exports io.vduse4j.embedded.vhost;
    exports io.vduse4j.embedded.virtio;
}
