/** The NBD protocol: a server that is a door for volumes, and a client that is a backend. */
module io.vduse4j.nbd {
    requires transitive io.vduse4j.linux;
    requires transitive io.vduse4j.block;

    exports io.vduse4j.nbd;

    provides io.vduse4j.block.spi.BackendProvider with
            io.vduse4j.nbd.client.NbdTcpProvider,
            io.vduse4j.nbd.client.NbdUnixProvider;
}
