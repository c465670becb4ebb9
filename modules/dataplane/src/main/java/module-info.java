/** Queue workers: they serve a device with the memory, rings and notifiers that a transport gives. */
module io.vduse4j.dataplane {
    requires transitive io.vduse4j.virtio;
    requires transitive io.vduse4j.linux;

    exports io.vduse4j.dataplane;
    exports io.vduse4j.dataplane.inflight;
}
