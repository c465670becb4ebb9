package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.NodeName;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The nodes that one client has open, and its polls of them. The thread that receives opens and closes; polls end on
 * other threads.
 */
final class NodeTable {
    private final VduseHost host;
    private final int most;
    private final Map<Integer, ServedNode> nodes = new ConcurrentHashMap<>();
    private final Map<Integer, Wait> waits = new ConcurrentHashMap<>();
    private int last;

    /**
     * Makes an empty table.
     *
     * @param most how many nodes may be open
     */
    NodeTable(VduseHost host, int most) {
        this.host = host;
        this.most = most;
    }

    /** Opens a node; answers its number, which no later node gets (1 to 2^31 - 1). */
    int open(String name) throws IOException {
        NodeName.check("open", name);
        if (nodes.size() >= most) {
            throw new LinuxException("open", name, Errno.EMFILE, "a client may have " + most + " nodes open");
        }
        if (last == Integer.MAX_VALUE) {
            throw new LinuxException("open", name, Errno.EMFILE, "every number was used once; connect anew");
        }
        var node = host.open(name);
        nodes.put(++last, new ServedNode(node));
        return last;
    }

    Optional<ServedNode> find(int number) {
        return Optional.ofNullable(nodes.get(number));
    }

    /** Takes a node out, to be closed by the caller. */
    Optional<ServedNode> remove(int number) {
        return Optional.ofNullable(nodes.remove(number));
    }

    /**
     * Notes a poll that begins.
     *
     * @throws LinuxException EPROTO if there is one of that number
     */
    void begin(int id, Wait wait) throws LinuxException {
        if (waits.putIfAbsent(id, wait) != null) {
            throw new LinuxException("receive", "frame", Errno.EPROTO, "a second poll of the number " + id);
        }
    }

    void end(int id) {
        waits.remove(id);
    }

    /** Ends a poll early; one that has ended by itself meanwhile is no mistake. */
    void cancel(int id) {
        var wait = waits.get(id);
        if (wait != null) {
            wait.cancel();
            find(wait.node()).ifPresent(served -> served.node().wake());
        }
    }

    /** Closes all: to the host the client is a process that has ended. Polls end by it. */
    void close() {
        for (var number : nodes.keySet()) {
            remove(number).ifPresent(served -> served.node().close());
        }
    }
}
