/** The VDUSE framework: the raw host SPI, its Linux implementation, and the typed layer above it. */
module io.vduse4j.vduse {
    requires transitive io.vduse4j.linux;
    requires transitive io.vduse4j.virtio;
    requires transitive io.vduse4j.dataplane;

    exports io.vduse4j.vduse;
    exports io.vduse4j.vduse.abi;
    exports io.vduse4j.vduse.host;
    exports io.vduse4j.vduse.host.linux;
    exports io.vduse4j.vduse.host.remote;
}
