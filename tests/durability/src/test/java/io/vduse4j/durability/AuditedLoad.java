package io.vduse4j.durability;

import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.BlkDriver;
import io.vduse4j.testkit.BlkResult;
import io.vduse4j.testkit.Framing;
import io.vduse4j.virtio.blk.BlkFeatures;
import io.vduse4j.virtio.blk.BlkRequest;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.IdentityHashMap;
import java.util.SplittableRandom;

/**
 * A load in a process of its own, for strace: before each flush and write is submitted, and after it was answered, it writes
 * a line to /dev/null, which strace sees among the other system calls.
 */
final class AuditedLoad {
    /** How many requests there are. */
    static final int REQUESTS = 200;

    private static final int DEPTH = 4;

    private final OutputStream marks;
    private final IdentityHashMap<BlkCommand, Integer> underWay = new IdentityHashMap<>();

    private AuditedLoad(OutputStream marks) {
        this.marks = marks;
    }

    /** Backend, {@code direct} or {@code buffered}, {@code flush} or {@code through}; and the size of a file to be made. */
    public static void main(String[] args) throws IOException {
        var options = BackendOptions.NONE.withDirect(args[1].equals("direct"));
        if (args.length > 3) {
            options = options.withSize(Long.parseLong(args[3]));
        }
        boolean flush = args[2].equals("flush");
        try (var marks = new FileOutputStream("/dev/null");
                var backend = Backends.open(args[0], options);
                var disk = new ServedFile(backend, 2, flush ? 0 : BlkFeatures.FLUSH)) {
            new AuditedLoad(marks).run(disk, flush);
        }
    }

    private void run(ServedFile disk, boolean flush) throws IOException {
        var random = new SplittableRandom(1);
        for (int number = 0; number < REQUESTS; number++) {
            var driver = disk.driver(random.nextInt(2));
            while (driver.inFlight() >= DEPTH) {
                ended(driver.await());
            }
            boolean flushes = flush && number % 4 == 3;
            var command = flushes ? BlkCommand.flush() : BlkCommand.write(random.nextInt(64) * 8L, new byte[4096]);
            underWay.put(command, number);
            mark((flushes ? "FLUSH " : "WRITE ") + number + " asked");
            driver.submit(command, Framing.CLASSIC);
        }
        for (int queue = 0; queue < 2; queue++) {
            finish(disk.driver(queue));
        }
    }

    private void finish(BlkDriver driver) throws IOException {
        while (driver.inFlight() > 0) {
            ended(driver.await());
        }
    }

    private void ended(BlkResult result) throws IOException {
        result.require();
        boolean flush = result.command().type() == BlkRequest.FLUSH;
        mark((flush ? "FLUSH " : "WRITE ") + underWay.remove(result.command()) + " answered");
    }

    private void mark(String text) throws IOException {
        marks.write((text + ";").getBytes(StandardCharsets.US_ASCII));
    }
}
