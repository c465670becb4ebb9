/** Linux system calls through the Foreign Function &amp; Memory API. Knows no virtio. */
module io.vduse4j.linux {
    exports io.vduse4j.linux;
}
