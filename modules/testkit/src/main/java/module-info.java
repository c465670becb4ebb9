/** Tools to test devices and drivers with. */
module io.vduse4j.testkit {
    requires transitive io.vduse4j.api;

    exports io.vduse4j.testkit;
}
