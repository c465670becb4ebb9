/** The virtio-blk device model and the backend SPI. */
module io.vduse4j.block {
    requires transitive io.vduse4j.virtio;
    requires transitive io.vduse4j.linux;

    exports io.vduse4j.block;
    exports io.vduse4j.block.spi;

    uses io.vduse4j.block.spi.BackendProvider;

    provides io.vduse4j.block.spi.BackendProvider with
            io.vduse4j.block.memory.MemoryProvider,
            io.vduse4j.block.memory.NullProvider;
}
