package io.vduse4j.virtio;

/** Where the worker gets the driver's memory from: the transport keeps the table. Any thread. */
public interface MemorySource {

    /** The table of now. One volatile read. */
    GuestMemory memory();

    /**
     * Called when a device address is in no region: the transport may know more than the table says (VDUSE hands out
     * mappings on demand). Takes a lock and does system calls; bounded by the transport.
     *
     * @return the table of now, with the region if there is one; of the same generation or a later one
     */
    GuestMemory resolve(long address);
}
