package io.vduse4j.nbd.client;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.block.contract.GuestMemory;
import io.vduse4j.block.contract.Worker;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.nbd.HeapExport;
import io.vduse4j.nbd.NbdLimits;
import io.vduse4j.nbd.NbdServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A volume on a server of ours that dies and comes back as a test wants it, and a worker on that volume. */
final class ClientRig implements AutoCloseable {
    private static final int SLOT_BYTES = 4096;
    private static final int SLOTS = 8;

    private final Path socket;
    private final GuestMemory memory = new GuestMemory(SLOTS * SLOT_BYTES + 4096);
    private NbdServer server;
    private Backend backend;
    private Worker worker;

    ClientRig(Path folder) throws LinuxException {
        socket = folder.resolve("s");
    }

    /** Starts a server. */
    void serve(HeapExport export) throws IOException {
        server = NbdServer.listen(socket, NbdLimits.DEFAULT);
        server.add("disk", export);
    }

    NbdServer server() {
        return server;
    }

    /** Ends the server; what the export has is never answered. */
    void kill() {
        assertThatThrownBy(() -> server.stop(Duration.ZERO)).isInstanceOf(LinuxException.class);
    }

    /** Ends the server in good order. */
    void stop() throws IOException {
        server.stop(Duration.ofSeconds(5));
    }

    /** Opens the volume, with options in the URI. */
    Backend open(String query) throws IOException {
        backend = Backends.open("nbd+unix:///disk?socket=" + socket + query, BackendOptions.NONE);
        worker = new Worker(backend, SLOTS);
        return backend;
    }

    Worker worker() {
        return worker;
    }

    /** Starts a request of 512 bytes at a slot's own place in the volume. */
    void submit(int slot, Request.Op op, boolean fua) {
        long iov = memory.address() + (long) SLOTS * SLOT_BYTES + (long) slot * Iovecs.BYTES;
        Iovecs.set(iov, 0, memory.address() + (long) slot * SLOT_BYTES, 512);
        var request = new Request();
        request.op = op;
        request.offset = slot * 512L;
        request.length = 512;
        request.iov = iov;
        request.iovCount = 1;
        request.fua = fua;
        worker.submit(slot, request);
        worker.flushSubmissions();
    }

    /** Does a request; returns its errno. */
    int run(Request.Op op) {
        submit(0, op, false);
        return worker.await(0);
    }

    /** The memory of a slot. */
    java.lang.foreign.MemorySegment memory(int slot) {
        return memory.part((long) slot * SLOT_BYTES, 512);
    }

    @Override
    public void close() throws IOException {
        if (worker != null) {
            worker.close();
            backend.close();
        }
        server.close();
        memory.close();
    }
}
