/** Backends over image files and host block devices. */
module io.vduse4j.backend.file {
    requires io.vduse4j.linux;
    requires io.vduse4j.block;

    exports io.vduse4j.backend.file;
}
