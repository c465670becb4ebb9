package io.vduse4j.block;

import io.vduse4j.virtio.WritableConfig;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The write cache of a disk, which a driver with CONFIG_WCE switches by the field {@code writeback}: 1 at first, so that
 * completed writes are stable only behind a flush; with 0 each is stable when it completes (DU-02, VB-11).
 *
 * <p>The mode outlives resets and front ends. Virtio leaves it open after a reset (1.3, 5.2.5), and QEMU keeps a copy
 * that it never reads again and shows to the next driver: one that was told 0 must not get 1.
 *
 * <p>Written by one control thread, read by all workers.
 */
final class WriteCache implements WritableConfig {

    private final Supplier<byte[]> config;
    private final boolean writable;
    private final FlushCoalescer flushes;
    private volatile boolean off;

    /**
     * Makes a cache that is on.
     *
     * @param config the space without {@code writeback}
     * @param writable whether the disk can be written at all
     * @param flushes of the disk
     */
    WriteCache(Supplier<byte[]> config, boolean writable, FlushCoalescer flushes) {
        this.config = config;
        this.writable = writable;
        this.flushes = flushes;
    }

    /** Whether a driver that may switch it has switched it off. */
    boolean isOff() {
        return off;
    }

    @Override
    public long features() {
        return writable ? BlkFeatures.CONFIG_WCE : 0;
    }

    /** Without FLUSH the field is 0 (VB-02); a driver that cannot switch uses the cache. */
    @Override
    public byte[] read(long features) {
        byte[] space = config.get();
        boolean flush = features == 0 || (features & BlkFeatures.FLUSH) != 0;
        space[BlkConfig.WRITEBACK] = (byte) (writable && flush && !(off && maySwitch(features)) ? 1 : 0);
        return space;
    }

    /** QEMU tells what the driver has accepted only when the device starts, and a driver may switch before. */
    private static boolean maySwitch(long features) {
        return features == 0 || (features & BlkFeatures.CONFIG_WCE) != 0;
    }

    /**
     * Off is told once everything is stable that was completed with the cache. What is under way then does not complete
     * before it is stable: {@link BlkHandler} looks again when it is back. So a driver need not be quiet.
     */
    @Override
    public void write(long features, int offset, byte[] bytes, Consumer<Optional<String>> done) {
        if (!writable || offset != BlkConfig.WRITEBACK || bytes.length != 1 || bytes[0] < 0 || bytes[0] > 1) {
            done.accept(Optional.of("only 0 or 1 at offset " + BlkConfig.WRITEBACK + " of a disk that can be written"));
        } else if (!maySwitch(features)) {
            done.accept(Optional.of("CONFIG_WCE was not accepted"));
        } else if (bytes[0] == 1 && features != 0 && (features & BlkFeatures.FLUSH) == 0) {
            done.accept(Optional.of("FLUSH was not accepted: there is no write-back (VB-02)"));
        } else if (bytes[0] == 1) {
            off = false;
            done.accept(Optional.empty());
        } else {
            off = true;
            flush(done);
        }
    }

    /** A failure leaves it off: nothing is promised then that is not kept. */
    private void flush(Consumer<Optional<String>> done) {
        var once = new Once(done);
        once.port = flushes.open(1, once);
        once.port.request(0);
    }

    /** The flush of one switch. */
    private static final class Once implements Completions {

        private final Consumer<Optional<String>> done;
        private FlushPort port;

        Once(Consumer<Optional<String>> done) {
            this.done = done;
        }

        @Override
        public void complete(int slot, int errno) {
            post(slot, errno);
        }

        @Override
        public void post(int slot, int errno) {
            port.close();
            done.accept(errno == 0 ? Optional.empty() : Optional.of("the flush failed, errno " + errno));
        }
    }
}
