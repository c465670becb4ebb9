package io.vduse4j.testkit;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import java.util.ArrayList;
import java.util.List;

/** The memory of a virtual machine, region by region, as a vhost-vdpa device sees it. One thread at a time. */
public final class VhostMemory implements AutoCloseable {

    /** Regions begin at multiples of this, never at 0: an address that is wrong by a little is in none. */
    private static final long IOVA_STEP = 1L << 32;

    private final VhostNode node;
    private final VhostIotlb iotlb;
    private final boolean batches;
    private final List<VmMemory> regions = new ArrayList<>();
    private long nextIova = IOVA_STEP;

    private VhostMemory(VhostNode node, boolean batches) {
        this.node = node;
        iotlb = new VhostIotlb(node);
        this.batches = batches;
    }

    /** Becomes the owner of a device that was just opened; its memory is empty. */
    public static VhostMemory of(VhostVdpaDevice device) throws LinuxException {
        device.setOwner();
        long known = VhostLayout.BACKEND_F_IOTLB_MSG_V2 | VhostLayout.BACKEND_F_IOTLB_BATCH;
        long accepted = device.backendFeatures() & known;
        device.setBackendFeatures(accepted);
        return new VhostMemory(device.node(), (accepted & VhostLayout.BACKEND_F_IOTLB_BATCH) != 0);
    }

    /** Maps new memory at an address that was never used before. */
    public DriverArea add(long bytes) throws LinuxException {
        long page = NativeMemory.pageSize();
        long whole = (bytes + page - 1) & -page;
        VmMemory region = VmMemory.create("vduse4j-vm", nextIova, whole);
        nextIova += (whole / IOVA_STEP + 1) * IOVA_STEP;
        DriverArea area = region.area();
        try {
            node.registerMemory(area.host(), area.bytes(), region.file());
            change(() -> iotlb.map(area.device(), area.bytes(), area.host(), VhostVdpaDevice.Access.BOTH));
        } catch (LinuxException | RuntimeException problem) {
            region.close();
            throw problem;
        }
        regions.add(region);
        return area;
    }

    /**
     * Shows parts of memory that was added at one more device address each, in one change.
     *
     * @param windows which parts, where, and what the device may do there
     */
    public void alias(List<Window> windows) throws LinuxException {
        change(() -> {
            for (Window window : windows) {
                DriverArea of = window.of();
                iotlb.map(window.device(), of.bytes(), of.host(), window.access());
            }
        });
    }

    /**
     * Memory seen at one more address.
     *
     * @param of what is seen, whole pages
     * @param device the address, a multiple of the page size at which nothing is mapped
     * @param access what the device may do there
     */
    public record Window(DriverArea of, long device, VhostVdpaDevice.Access access) {}

    /** Takes a region away from the device, and then from this process. */
    void remove(DriverArea area) throws LinuxException {
        VmMemory region = regions.stream()
                .filter(one -> one.area().equals(area))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no memory of this driver: " + area));
        change(() -> iotlb.unmap(area.device(), area.bytes()));
        node.unregisterMemory(area.host());
        regions.remove(region);
        region.close();
    }

    private interface Change {
        void run() throws LinuxException;
    }

    private void change(Change change) throws LinuxException {
        if (!batches) {
            change.run();
            return;
        }
        iotlb.beginBatch();
        try {
            change.run();
        } finally {
            iotlb.endBatch();
        }
    }

    /** Frees all regions; the device must not run any more. */
    @Override
    public void close() {
        regions.forEach(VmMemory::close);
        regions.clear();
    }
}
