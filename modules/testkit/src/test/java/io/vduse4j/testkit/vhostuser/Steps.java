package io.vduse4j.testkit.vhostuser;

import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.vhostuser.VhostUserFeatures;
import io.vduse4j.vhostuser.VhostUserRequest;
import io.vduse4j.vhostuser.VhostUserWire;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** All messages of a front end that starts a ring, changes its memory, and stops, one by one. */
final class Steps implements AutoCloseable {

    static final long GUEST = 1 << 20;
    static final long USER = 1L << 40;
    static final int BYTES = 64 << 10;
    private static final int ENTRIES = 16;

    /** A request with its descriptors. */
    record Step(VhostUserRequest request, ByteBuffer payload, List<Fd> descriptors) {

        ByteBuffer bytes() {
            return FrontEndSocket.message(request.id(), VhostUserWire.VERSION | VhostUserWire.NEED_REPLY, payload);
        }
    }

    final Fd memory;
    final EventFd kick;
    final EventFd call;
    final UnixSocket.Pair channel;
    private final List<Step> all = new ArrayList<>();

    Steps() throws LinuxException {
        memory = Memfd.create("vhost-user-steps", 2 * BYTES);
        kick = EventFd.create();
        call = EventFd.create();
        channel = UnixSocket.pair();
        kick.signal();
        add(VhostUserRequest.SET_OWNER, FrontEndSocket.payload(0));
        add(VhostUserRequest.GET_FEATURES, FrontEndSocket.payload(0));
        add(VhostUserRequest.GET_PROTOCOL_FEATURES, FrontEndSocket.payload(0));
        add(VhostUserRequest.SET_PROTOCOL_FEATURES, FrontEndSocket.number(VhostUserFeatures.OFFERED));
        add(
                VhostUserRequest.SET_FEATURES,
                FrontEndSocket.number(VirtioFeatures.VERSION_1 | VhostUserFeatures.PROTOCOL_FEATURES));
        add(VhostUserRequest.GET_QUEUE_NUM, FrontEndSocket.payload(0));
        add(VhostUserRequest.GET_CONFIG, config(0, 60));
        add(
                VhostUserRequest.SET_BACKEND_REQ_FD,
                FrontEndSocket.payload(0),
                channel.one().fd());
        add(VhostUserRequest.SET_MEM_TABLE, table(region(GUEST, BYTES, USER, 0)), memory);
        add(VhostUserRequest.GET_MAX_MEM_SLOTS, FrontEndSocket.payload(0));
        add(VhostUserRequest.ADD_MEM_REG, single(2 * GUEST, BYTES, 2 * USER, BYTES), memory);
        add(VhostUserRequest.SET_VRING_NUM, FrontEndSocket.state(0, ENTRIES));
        add(VhostUserRequest.SET_VRING_BASE, FrontEndSocket.state(0, 0));
        add(VhostUserRequest.SET_VRING_ADDR, addresses(0));
        add(VhostUserRequest.SET_VRING_CALL, FrontEndSocket.number(0), call.fd());
        add(VhostUserRequest.SET_VRING_ERR, FrontEndSocket.number(0), call.fd());
        add(VhostUserRequest.SET_VRING_KICK, FrontEndSocket.number(0), kick.fd());
        add(VhostUserRequest.SET_VRING_ENABLE, FrontEndSocket.state(0, 1));
        add(VhostUserRequest.SET_STATUS, FrontEndSocket.number(15));
        add(VhostUserRequest.GET_STATUS, FrontEndSocket.payload(0));
        add(VhostUserRequest.REM_MEM_REG, single(2 * GUEST, BYTES, 2 * USER, BYTES));
        add(VhostUserRequest.GET_VRING_BASE, FrontEndSocket.state(0, 0));
        add(VhostUserRequest.RESET_DEVICE, FrontEndSocket.payload(0));
    }

    private void add(VhostUserRequest request, ByteBuffer payload, Fd... descriptors) {
        all.add(new Step(request, payload, List.of(descriptors)));
    }

    List<Step> all() {
        return all;
    }

    /** Sends so many requests as they are, each with its reply. */
    void play(FrontEndSocket socket, int count) throws LinuxException {
        boolean acknowledged = false;
        for (Step step : all.subList(0, count)) {
            socket.send(
                    step.request().id(),
                    VhostUserWire.VERSION | VhostUserWire.NEED_REPLY,
                    step.payload(),
                    step.descriptors().toArray(Fd[]::new));
            if (acknowledged || step.request().answers()) {
                socket.receive(step.request().id());
            }
            acknowledged |= step.request() == VhostUserRequest.SET_PROTOCOL_FEATURES;
        }
    }

    /** Sends everything up to and with this request. */
    void playTo(FrontEndSocket socket, VhostUserRequest last) throws LinuxException {
        int count = 1;
        while (all.get(count - 1).request() != last) {
            count++;
        }
        play(socket, count);
    }

    static ByteBuffer addresses(int index) {
        RingAddresses rings = RingAddresses.contiguous(ENTRIES, 4096, USER, GUEST);
        return addresses(index, 0, rings.descHost(), rings.deviceHost(), rings.driverHost());
    }

    static ByteBuffer addresses(int index, int flags, long desc, long used, long avail) {
        return FrontEndSocket.payload(40)
                .putInt(index)
                .putInt(flags)
                .putLong(desc)
                .putLong(used)
                .putLong(avail)
                .putLong(0)
                .flip();
    }

    static ByteBuffer config(int offset, int size) {
        return FrontEndSocket.payload(VhostUserWire.CONFIG_HEADER_BYTES + size)
                .putInt(0, offset)
                .putInt(4, size);
    }

    static ByteBuffer region(long guest, long bytes, long user, long offset) {
        return FrontEndSocket.payload(VhostUserWire.REGION_BYTES)
                .putLong(guest)
                .putLong(bytes)
                .putLong(user)
                .putLong(offset)
                .flip();
    }

    static ByteBuffer table(ByteBuffer... regions) {
        ByteBuffer payload = FrontEndSocket.payload(8 + regions.length * VhostUserWire.REGION_BYTES)
                .putInt(regions.length)
                .putInt(0);
        for (ByteBuffer region : regions) {
            payload.put(region);
        }
        return payload.flip();
    }

    static ByteBuffer single(long guest, long bytes, long user, long offset) {
        return FrontEndSocket.payload(8 + VhostUserWire.REGION_BYTES)
                .putLong(0)
                .put(region(guest, bytes, user, offset))
                .flip();
    }

    @Override
    public void close() {
        memory.close();
        kick.close();
        call.close();
        channel.close();
    }
}
