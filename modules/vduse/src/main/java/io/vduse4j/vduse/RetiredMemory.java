package io.vduse4j.vduse;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import java.util.List;

/** Mappings that the driver has taken back; they stay until nobody can touch them any more. */
final class RetiredMemory {

    private final List<Mapping> mappings;

    RetiredMemory(List<Mapping> mappings) {
        this.mappings = mappings;
    }

    /**
     * Puts nothing in their place, so that a late access fails and no byte of it reaches the driver: Java then throws
     * InternalError, a system call answers EFAULT.
     */
    void replace() throws LinuxException {
        for (Mapping mapping : mappings) {
            mapping.replaceWithEmpty();
        }
    }

    /** Unmaps them. */
    void close() {
        mappings.forEach(Mapping::close);
    }
}
