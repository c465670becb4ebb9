package io.vduse4j.linux;

/** Memory of a virtual machine that is shared but for a piece in the middle, which is private to this process. */
public final class HoledMemory implements AutoCloseable {
    private final Fd file;
    private final Mapping whole;

    private HoledMemory(Fd file, Mapping whole) {
        this.file = file;
        this.whole = whole;
    }

    /**
     * Maps a memfd and puts private memory over a piece of it.
     *
     * @param bytes all of it, whole pages
     * @param hole where the private piece begins, at a page
     * @param length its length, whole pages
     */
    public static HoledMemory create(long bytes, long hole, long length) throws LinuxException {
        var file = Memfd.create("holed", bytes);
        try {
            var whole = Mapping.shared(file, 0, bytes, true, true);
            long at = whole.address() + hole;
            int protection = Mapping.PROT_READ | Mapping.PROT_WRITE;
            int flags = Mapping.MAP_PRIVATE | Mapping.MAP_ANONYMOUS | Mapping.MAP_FIXED;
            Syscall.orThrow(Syscall.call(SyscallNumber.MMAP, at, length, protection, flags, -1, 0), "mmap", "hole");
            return new HoledMemory(file, whole);
        } catch (LinuxException | RuntimeException failure) {
            file.close();
            throw failure;
        }
    }

    /** Address of its first byte. */
    public long address() {
        return whole.address();
    }

    @Override
    public void close() {
        whole.close();
        file.close();
    }
}
