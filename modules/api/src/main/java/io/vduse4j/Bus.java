package io.vduse4j;

/** Who consumes a disk that is served through VDUSE: which driver of the vdpa bus it is bound to. */
public enum Bus {
    /** The kernel's own virtio driver: the disk becomes {@code /dev/vdX}, for containers. */
    VIRTIO("virtio_vdpa"),
    /** A virtual machine monitor: the disk becomes {@code /dev/vhost-vdpa-N}. */
    VHOST("vhost_vdpa");

    private final String driver;

    Bus(String driver) {
        this.driver = driver;
    }

    /** Name of the driver on the vdpa bus. */
    public String driver() {
        return driver;
    }
}
