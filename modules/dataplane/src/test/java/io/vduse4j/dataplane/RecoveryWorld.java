package io.vduse4j.dataplane;

import io.vduse4j.dataplane.inflight.CrashingWords;
import io.vduse4j.dataplane.inflight.InflightLog;
import io.vduse4j.dataplane.inflight.InflightLogException;
import io.vduse4j.dataplane.inflight.QueueLog;
import io.vduse4j.dataplane.inflight.WrongWords;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.InFlight;
import io.vduse4j.virtio.MemorySource;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.Virtqueue;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A driver, its rings and a log that live on, and a device that dies again and again: before any store into its log, and
 * between the steps of its queue. One history of lives; whatever goes wrong is an {@link AssertionError}.
 */
final class RecoveryWorld implements MemorySource {

    private static final long RINGS = 0x1_0000;
    private static final long BUFFERS = 0x10_0000;
    private static final int BUFFER = 32;
    private static final int REQUESTS = 40;
    private static final int LIVES = 12;
    private static final int MEMORY = 1 << 16;
    private static final int LIST_MAX = 3;

    /** How a log is made of its memory. */
    interface Words {
        CrashingWords of(MemorySegment region);
    }

    private final Random random;
    private final boolean packed;
    private final int size;
    private final Words words;
    private final UnaryOperator<InFlight> between;
    private final MemorySegment space;
    private final MemorySegment region;
    private final GuestMemory table;
    private final VirtqueueDriver driver;
    private final RingAddresses rings;
    private final long features;
    private final VirtqueueState start;
    private final int[] requestOf;
    private final List<Integer> freeBuffers = new ArrayList<>();
    private final Set<Integer> acked = new HashSet<>();
    private final List<Integer> fetched = new ArrayList<>();
    private int made;
    private boolean lastFlagsFirst;

    // The device of this life.
    private CrashingWords store;
    private Virtqueue queue;
    private boolean resubmitted;
    private boolean mayDie;
    private final List<Chain> inFlight = new ArrayList<>();

    RecoveryWorld(
            Arena arena, long seed, boolean packed, int size, int start, Words words, UnaryOperator<InFlight> between) {
        random = new Random(seed);
        this.packed = packed;
        this.size = size;
        this.words = words;
        this.between = between;
        features = packed ? VirtioFeatures.RING_PACKED : 0;
        this.start = packed ? VirtqueueState.PACKED_START : VirtqueueState.split(start);
        space = arena.allocate(MEMORY, 4096);
        region = arena.allocate(InflightLog.bytes(1, size, packed), 64);
        rings = RingAddresses.contiguous(packed, size, 16, 0, RINGS);
        int access = GuestMemory.READ | GuestMemory.WRITE;
        table = GuestMemory.of(
                space,
                0,
                List.of(
                        new GuestMemory.Region(RINGS, RINGS + MEMORY / 2 - 1, 0, access),
                        new GuestMemory.Region(BUFFERS, BUFFERS + MEMORY / 2 - 1, MEMORY / 2, access)));
        driver = VirtqueueDriver.of(space, rings, features, this.start);
        if (!packed) {
            space.set(ValueLayout.JAVA_SHORT, rings.deviceHost() + 2, (short) start);
        }
        requestOf = new int[size];
        for (int i = 0; i < size; i++) {
            freeBuffers.add(i);
        }
    }

    @Override
    public GuestMemory memory() {
        return table;
    }

    @Override
    public GuestMemory resolve(long address) {
        return table;
    }

    /** From now on the flags of a batch's last chain in a packed ring are written first. */
    RecoveryWorld lastFlagsFirst() {
        lastFlagsFirst = true;
        return this;
    }

    /** All the lives; the last one ends what is left. */
    void run() throws InflightLogException {
        drive();
        for (int life = 0; life < LIVES; life++) {
            live(random.nextInt(120));
            if (random.nextBoolean()) {
                drive();
            }
        }
        boot();
        for (int i = 0; i < 20 * REQUESTS && acked.size() < REQUESTS; i++) {
            drive();
            fetch();
            complete();
        }
        drive();
        if (acked.size() != REQUESTS) {
            throw new AssertionError("lost: " + (REQUESTS - acked.size()) + " of " + made);
        }
    }

    private void live(int steps) throws InflightLogException {
        try {
            store = words.of(region);
            store.dieAfter(steps);
            mayDie = true;
            begin();
            for (int i = 0; i < 200; i++) {
                switch (random.nextInt(5)) {
                    case 0, 1 -> fetch();
                    case 2, 3 -> complete();
                    default -> drive();
                }
                store.step();
            }
        } catch (CrashingWords.Crash died) {
            // what is meant to happen
        }
    }

    private void boot() throws InflightLogException {
        store = words.of(region);
        mayDie = false;
        begin();
    }

    private void begin() throws InflightLogException {
        QueueLog log = store.log(packed, size);
        Chain[] slots = new Chain[size];
        for (int i = 0; i < size; i++) {
            slots[i] = new Chain(i, 0, Arena.ofAuto().allocate(8L * Chain.PIECE_BYTES, 16));
        }
        VirtqueueState from = log.isFresh() ? start : packed ? VirtqueueState.PACKED_START : VirtqueueState.FROM_USED;
        queue = Virtqueue.of(0, size, features, from, this, new Shown(between.apply(log), log), slots);
        check(queue.attach(rings.desc(), rings.driver(), rings.device()), "the rings are there");
        inFlight.clear();
        List<Integer> again = new ArrayList<>();
        resubmitted = true;
        recovering(true);
        new Resubmission(0, queue, log, new InflightLog(region, 1, size, packed)).step((chain, poison) -> {
            again.add(execute(chain));
        });
        recovering(false);
        List<Integer> positions = again.stream().map(fetched::lastIndexOf).toList();
        check(positions.equals(positions.stream().sorted().toList()), "done again in the order of " + fetched);
        resubmitted = false;
    }

    private void recovering(boolean now) {
        if (store instanceof WrongWords wrong) {
            wrong.recovering(now);
        }
    }

    private int execute(Chain chain) {
        check(chain.fault() == null && chain.readableBytes() >= 4, "a whole chain: " + chain.fault());
        MemorySegment number = Arena.ofAuto().allocate(4, 4);
        chain.consume(number, 4);
        int request = number.get(ValueLayout.JAVA_INT, 0);
        check(!acked.contains(request), request + " is executed after its end");
        check(resubmitted == fetched.contains(request), request + " is executed as new and as old: " + resubmitted);
        if (!fetched.contains(request)) {
            fetched.add(request);
        }
        inFlight.add(chain);
        return request;
    }

    private void fetch() {
        Chain chain = queue.take();
        check(queue.fault() == null, "the ring is whole: " + queue.fault());
        if (chain != null) {
            execute(chain);
        }
    }

    private void complete() {
        int count = inFlight.isEmpty() ? 0 : 1 + random.nextInt(inFlight.size());
        for (int i = 0; i < count; i++) {
            queue.push(inFlight.remove(random.nextInt(inFlight.size())), 0);
            store.step();
            if (random.nextInt(4) == 0) {
                fetch(); // some are taken between what ends and what is shown
            }
        }
        if (count > 0) {
            queue.publish();
        }
    }

    private void drive() {
        for (int head = driver.poll(); head != VirtqueueDriver.NOTHING; head = driver.poll()) {
            check(head >= 0, driver.brokenBecause());
            int buffer = requestOf[head];
            int request = space.get(ValueLayout.JAVA_INT, MEMORY / 2 + (long) buffer * BUFFER);
            check(acked.add(request), request + " ends twice");
            freeBuffers.add(buffer);
        }
        while (made < REQUESTS && !freeBuffers.isEmpty() && driver.freeDescriptors() > 0 && random.nextInt(10) < 7) {
            int buffer = freeBuffers.remove(random.nextInt(freeBuffers.size()));
            int pieces = 1 + random.nextInt(Math.min(LIST_MAX, driver.freeDescriptors()));
            space.set(ValueLayout.JAVA_INT, MEMORY / 2 + (long) buffer * BUFFER, made++);
            ChainBuffers chain = new ChainBuffers();
            for (int i = 0; i < pieces; i++) {
                chain.readable(BUFFERS + (long) buffer * BUFFER + 4L * i, 4);
            }
            requestOf[driver.add(chain)] = buffer;
        }
        driver.publish();
    }

    private static void check(boolean right, String what) {
        if (!right) {
            throw new AssertionError(what);
        }
    }

    /** Dies now and then when only some of the chains of a batch have their flags in a packed ring. */
    private final class Shown extends WatchedRing {
        Shown(InFlight told, QueueLog log) {
            super(told, log, space, rings.descHost(), size);
        }

        @Override
        public void published(int nextUsed) {
            if (packed && mayDie && random.nextInt(8) == 0) {
                List<Integer> written = changed();
                int some = written.isEmpty() ? 0 : random.nextInt(written.size());
                takeBack(
                        lastFlagsFirst
                                ? written.subList(0, some)
                                : written.subList(written.size() - some, written.size()));
                store.dieAfter(0);
                store.step();
            }
            super.published(nextUsed);
        }
    }

    /** A log that is told of a publication before it has happened. */
    static InFlight clearedFirst(InFlight log) {
        return new RelayedLog(log) {
            @Override
            public void completed(int slot) {
                super.completed(slot);
                log.published(0);
            }
        };
    }
}
