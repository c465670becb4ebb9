/** Volumes and exports by name, and the protocol by which they are managed. Knows no door and no command line. */
module io.vduse4j.daemon {
    requires transitive io.vduse4j.block;
    requires transitive io.vduse4j.linux;

    exports io.vduse4j.daemon;
}
