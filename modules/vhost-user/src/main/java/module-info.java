/** The vhost-user protocol: a back end that serves virtio devices to virtual machine monitors. */
module io.vduse4j.vhostuser {
    requires transitive io.vduse4j.dataplane;
    requires transitive io.vduse4j.linux;
    requires transitive io.vduse4j.virtio;

    exports io.vduse4j.vhostuser;
}
