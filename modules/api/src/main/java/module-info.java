/** The facade that users meet. */
module io.vduse4j.api {
    requires transitive io.vduse4j.block;
    requires transitive io.vduse4j.vduse;
    requires io.vduse4j.embedded;
    requires io.vduse4j.nbd;
    requires io.vduse4j.vhostuser;

    exports io.vduse4j;
}
