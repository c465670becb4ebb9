package io.vduse4j.embedded;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.vduse4j.vduse.abi.DevRequestLayout;
import io.vduse4j.vduse.abi.DevResponseLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/** Answers the messages of a node on a thread of its own, with success if nothing else is said. */
final class Daemon implements AutoCloseable {
    private final VduseNode node;
    private final Thread thread;
    private volatile boolean closed;
    final List<String> log = new CopyOnWriteArrayList<>();

    /** The result for a request. */
    volatile ToIntFunction<MemorySegment> answers = _ -> VduseAbi.VDUSE_REQ_RESULT_OK;

    /** What a reply has besides. */
    volatile Consumer<MemorySegment> fill = _ -> {};

    Daemon(VduseNode node) {
        this.node = node;
        thread = Thread.ofPlatform().daemon().name("test daemon").start(this::run);
    }

    private void run() {
        var request = Raw.zeros(DevRequestLayout.SIZE);
        while (!closed) {
            node.poll(VduseNode.POLLIN, 10_000);
            if (node.read(request) != DevRequestLayout.SIZE) {
                if (node.poll(VduseNode.POLLIN, 0) < 0) {
                    return;
                }
                continue;
            }
            log.add(describe(request));
            var reply = Raw.reply(request.get(JAVA_INT, DevRequestLayout.REQUEST_ID), answers.applyAsInt(request));
            fill.accept(reply);
            int result = node.write(reply);
            if (result != DevResponseLayout.SIZE) {
                log.add("write " + result);
            }
        }
    }

    private static String describe(MemorySegment request) {
        int type = request.get(JAVA_INT, DevRequestLayout.TYPE);
        return type == VduseAbi.VDUSE_SET_STATUS
                ? "status 0x" + Integer.toHexString(Raw.u8(request, DevRequestLayout.STATUS))
                : "type " + type;
    }

    @Override
    public void close() {
        closed = true;
        node.wake();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
