package io.vduse4j.vduse;

import io.vduse4j.vduse.host.VduseNode;
import io.vduse4j.virtio.VirtqueueState;
import java.util.ArrayList;
import java.util.List;

/** Answers every message of a device with success and remembers it; queue states with an available index. */
final class AnsweringThread implements AutoCloseable {
    private final VduseDevice device;
    private final int availIndex;
    private final List<VduseMessage> messages = new ArrayList<>();
    private final Thread thread;
    private volatile boolean ended;
    private volatile Throwable failure;

    AnsweringThread(VduseDevice device, int availIndex) {
        this.device = device;
        this.availIndex = availIndex;
        thread = Thread.ofPlatform()
                .daemon()
                .name("messages of " + device.name())
                .start(this::run);
    }

    private void run() {
        try {
            while (!ended) {
                if ((device.poll(VduseNode.POLLIN, 1000) & VduseNode.POLLIN) != 0) {
                    answer(device.read().orElseThrow());
                }
            }
        } catch (Exception | Error problem) {
            failure = problem;
        }
    }

    private void answer(VduseMessage message) throws Exception {
        synchronized (messages) {
            messages.add(message);
        }
        boolean awaited = switch (message) {
            case VduseMessage.GetQueueState state ->
                device.replyQueueState(state.id(), state.index(), VirtqueueState.split(availIndex), false);
            case VduseMessage.SetStatus status -> device.replyOk(status.id());
            case VduseMessage.UpdateIotlb update -> device.replyOk(update.id());
            case VduseMessage.Version1 later -> device.replyOk(later.id());
            case VduseMessage.Unknown unknown -> device.replyFailed(unknown.id());
        };
        if (!awaited) {
            throw new AssertionError("nobody waited for the reply to " + message);
        }
        if (device.replyOk(message.id())) {
            throw new AssertionError("a second reply was taken for " + message);
        }
    }

    /** Returns what came since the last time. */
    List<VduseMessage> take() {
        synchronized (messages) {
            var taken = List.copyOf(messages);
            messages.clear();
            return taken;
        }
    }

    @Override
    public void close() {
        ended = true;
        device.wake();
        try {
            thread.join(10_000);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
        if (failure != null) {
            throw new AssertionError(failure);
        }
    }
}
