package io.vduse4j.testkit.vhostuser;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.VmMemory;
import io.vduse4j.vhostuser.VhostUserFeatures;
import io.vduse4j.vhostuser.VhostUserRequest;
import io.vduse4j.vhostuser.VhostUserWire;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of the virtual machine, in memfds that the back end maps: told region by region where that was negotiated,
 * and as a whole table otherwise. User addresses are those of this process.
 */
final class SharedMemory implements AutoCloseable {

    /** No region begins at guest address 0, and each has a gap before it. */
    private static final long FIRST_GUEST = 1L << 30;

    private FrontEndSocket socket;
    private final List<VmMemory> regions = new ArrayList<>();
    private long protocolFeatures;
    private long nextGuest = FIRST_GUEST;

    SharedMemory(FrontEndSocket socket) {
        this.socket = socket;
    }

    /** Tells everything that is shared to another back end, with which features have been negotiated. */
    void tellAnew(FrontEndSocket next) throws LinuxException {
        socket = next;
        if (!tellsOneByOne()) {
            tellAll();
            return;
        }
        for (VmMemory memory : regions) {
            tellOne(memory);
        }
    }

    private void tellOne(VmMemory memory) throws LinuxException {
        ByteBuffer payload = FrontEndSocket.payload(8 + VhostUserWire.REGION_BYTES);
        put(payload.position(8), memory.area());
        socket.request(VhostUserRequest.ADD_MEM_REG, payload.flip(), memory.file());
    }

    /** How regions are told from now on. */
    void negotiated(long protocol) {
        protocolFeatures = protocol;
    }

    private boolean tellsOneByOne() {
        return (protocolFeatures & VhostUserFeatures.CONFIGURE_MEM_SLOTS) != 0;
    }

    DriverArea add(long bytes) throws LinuxException {
        long page = NativeMemory.pageSize();
        long length = (bytes + page - 1) / page * page;
        VmMemory memory = VmMemory.create("vhost-user-front-end", nextGuest, length);
        nextGuest += length + page;
        regions.add(memory);
        if (tellsOneByOne()) {
            tellOne(memory);
        } else {
            tellAll();
        }
        return memory.area();
    }

    void remove(DriverArea area) throws LinuxException {
        VmMemory memory = regions.stream()
                .filter(region -> region.area().equals(area))
                .findFirst()
                .orElseThrow();
        regions.remove(memory);
        if (tellsOneByOne()) {
            ByteBuffer payload = FrontEndSocket.payload(8 + VhostUserWire.REGION_BYTES);
            put(payload.position(8), area);
            socket.request(VhostUserRequest.REM_MEM_REG, payload.flip());
        } else {
            tellAll();
        }
        memory.close();
    }

    /** Tells the whole table, which takes the place of everything that was told before. */
    void tellAll() throws LinuxException {
        ByteBuffer payload = FrontEndSocket.payload(8 + regions.size() * VhostUserWire.REGION_BYTES);
        payload.putInt(regions.size()).putInt(0);
        regions.forEach(region -> put(payload, region.area()));
        socket.request(
                VhostUserRequest.SET_MEM_TABLE,
                payload.flip(),
                regions.stream().map(VmMemory::file).toArray(Fd[]::new));
    }

    /** Number of regions. */
    int regions() {
        return regions.size();
    }

    /** The files of the regions, in the order in which they were added. */
    List<Fd> files() {
        return regions.stream().map(VmMemory::file).toList();
    }

    /** Writes a region of which all of a memfd is shared. */
    static void put(ByteBuffer payload, DriverArea area) {
        payload.putLong(area.device())
                .putLong(area.bytes())
                .putLong(area.host())
                .putLong(0);
    }

    @Override
    public void close() {
        regions.forEach(VmMemory::close);
        regions.clear();
    }
}
