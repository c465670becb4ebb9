/** The facade that users meet. */
module io.vduse4j.api {
    requires transitive io.vduse4j.block;
    requires transitive io.vduse4j.vduse;

    exports io.vduse4j;
}
