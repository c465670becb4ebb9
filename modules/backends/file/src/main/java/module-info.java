/** Backends over image files and host block devices. */
module io.vduse4j.backend.file {
    requires io.vduse4j.linux;
    requires transitive io.vduse4j.block;

    exports io.vduse4j.backend.file;

    provides io.vduse4j.block.spi.BackendProvider with
            io.vduse4j.backend.file.FileProvider;
}
