package io.vduse4j.vduse;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;

/**
 * Memory of our own in the place of the kernel's bounce buffer (VDUSE_IOTLB_REG_UMEM). It stays registered across resets
 * as the kernel keeps it; where a drain was missed it is taken away, so that a late access meets nothing.
 */
final class UserMemory {

    private static final Logger LOG = System.getLogger(UserMemory.class.getName());

    private final VduseDevice node;
    private Optional<Mapping> registered = Optional.empty();
    private boolean refused;

    UserMemory(VduseDevice node) {
        this.node = node;
    }

    /**
     * Registers memory for an entry, if it is the bounce buffer.
     *
     * @return address of the memory to use for the entry; empty to map the entry itself
     */
    synchronized Optional<Long> replaces(IotlbEntry entry, long bytes) throws LinuxException {
        if (refused || !isBounceBuffer(entry)) {
            return Optional.empty();
        }
        if (registered.isEmpty()) {
            Mapping memory = Mapping.anonymous(bytes);
            try {
                node.registerUserMemory(memory.address(), entry.start(), bytes);
            } catch (LinuxException e) {
                memory.close();
                refused = true;
                LOG.log(Level.WARNING, node.name() + ": goes on with the kernel's bounce buffer", e);
                return Optional.empty();
            }
            registered = Optional.of(memory);
        }
        return Optional.of(registered.get().address());
    }

    private boolean isBounceBuffer(IotlbEntry entry) throws LinuxException {
        return node.iotlbInfo(entry.start(), entry.last())
                .filter(IotlbInfo::userMemory)
                .filter(info -> info.start() == entry.start() && info.last() == entry.last())
                .isPresent();
    }

    /** Gives the kernel its own pages back; the memory becomes a retired mapping. */
    synchronized Optional<Mapping> deregister() {
        Optional<Mapping> memory = registered;
        registered = Optional.empty();
        if (memory.isPresent()) {
            try {
                node.deregisterUserMemory(0, memory.get().length());
            } catch (LinuxException e) {
                LOG.log(
                        Level.WARNING,
                        node.name() + ": the kernel keeps the registered memory until the node closes",
                        e);
            }
        }
        return memory;
    }

    /** Gives the kernel its own pages back, and the memory to the system: nobody uses it any more. */
    synchronized void close() {
        deregister().ifPresent(Mapping::close);
    }
}
