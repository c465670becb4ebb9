package io.vduse4j.testkit.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What other daemons have answered wrongly, or not at all: each malformed chain by its name, sent through the embedded host,
 * and what must come of it. Each comes in some variants, after a good request and before one.
 */
@Timeout(120)
class MalformedChainTest {

    /** What must come of a chain. */
    private enum Answer {
        /** It is not malformed. */
        DONE,
        /** Status IOERR, and the used length counts it alone. */
        IOERR,
        /** Status UNSUPP, likewise. */
        UNSUPP,
        /** Given back with length 0. */
        EMPTY
    }

    private static final int VARIANTS = 12;
    private static final Duration LIMIT = HostileRig.LIMIT;

    private static LogCount faults;
    private static HostileRig rig;
    private static Single single;

    @BeforeAll
    static void serve() throws Exception {
        faults = new LogCount("io.vduse4j.dataplane.FaultLog");
        rig = new HostileRig();
        single = new Single(rig.victim("disk"));
    }

    @AfterAll
    static void end() throws Exception {
        single.close();
        rig.close();
        faults.close();
    }

    static Stream<Arguments> chains() {
        return Stream.of(
                        both("a header over many descriptors", ChainKind.READ, Answer.DONE),
                        both("data buffers of length 0", ChainKind.EMPTY_BUFFERS, Answer.DONE),
                        split("next out of range", ChainKind.NEXT_OUT_OF_RANGE, Answer.EMPTY),
                        split("next out of an indirect table", ChainKind.NEXT_OUT_OF_TABLE, Answer.EMPTY),
                        split("a loop", ChainKind.LOOP, Answer.EMPTY),
                        split("a loop in an indirect table", ChainKind.LOOP_IN_TABLE, Answer.EMPTY),
                        split("more descriptors than the queue has", ChainKind.TOO_LONG, Answer.EMPTY),
                        both("more than 2^32 bytes", ChainKind.TOO_LARGE, Answer.EMPTY),
                        both("INDIRECT with NEXT", ChainKind.TABLE_WITH_NEXT, Answer.EMPTY),
                        split("a nested indirect table", ChainKind.TABLE_IN_TABLE, Answer.EMPTY),
                        both("an indirect table of length 0 or of a broken one", ChainKind.TABLE_LENGTH, Answer.EMPTY),
                        both("an indirect table that is not mapped", ChainKind.TABLE_UNMAPPED, Answer.EMPTY),
                        both("readable behind writable", ChainKind.READ_AFTER_WRITE, Answer.EMPTY),
                        both("a short header", ChainKind.SHORT_HEADER, Answer.IOERR),
                        both("no room for a status, or a status of length 0", ChainKind.NO_STATUS, Answer.EMPTY),
                        both("a header that is not mapped", ChainKind.HEADER_UNMAPPED, Answer.IOERR),
                        both("a header that is partly mapped", ChainKind.HEADER_PARTLY_MAPPED, Answer.IOERR),
                        both("data that is not mapped", ChainKind.DATA_UNMAPPED, Answer.IOERR),
                        both("data that is partly mapped", ChainKind.DATA_PARTLY_MAPPED, Answer.IOERR),
                        both("data over the end of the address space", ChainKind.DATA_WRAPS, Answer.IOERR),
                        both("a status that is not mapped", ChainKind.STATUS_UNMAPPED, Answer.EMPTY),
                        both("data that may not be written", ChainKind.DATA_NOT_WRITABLE, Answer.IOERR),
                        both("a header that may not be read", ChainKind.HEADER_NOT_READABLE, Answer.IOERR),
                        both("a status that may not be written", ChainKind.STATUS_NOT_WRITABLE, Answer.EMPTY),
                        both("data that is not made of sectors", ChainKind.BROKEN_SECTOR, Answer.IOERR),
                        both("sectors beyond the capacity", ChainKind.OUT_OF_RANGE, Answer.IOERR),
                        both("an unknown request", ChainKind.UNKNOWN_TYPE, Answer.UNSUPP))
                .flatMap(rows -> rows);
    }

    private static Stream<Arguments> both(String name, ChainKind kind, Answer answer) {
        return Stream.of(Arguments.of(name, false, kind, answer), Arguments.of(name, true, kind, answer));
    }

    private static Stream<Arguments> split(String name, ChainKind kind, Answer answer) {
        return Stream.of(Arguments.of(name, false, kind, answer));
    }

    @ParameterizedTest(name = "{0}, packed = {1}")
    @MethodSource("chains")
    @Spec({"VS-02", "VS-04", "VS-08", "VS-09", "VS-17", "VP-08", "VP-10", "VP-12", "VB-13", "VB-17", "VB-19"})
    void aMalformedChainIsAnswered(String name, boolean packed, ChainKind kind, Answer answer) throws Exception {
        single.begin(packed);
        for (int i = 0; i < VARIANTS; i++) {
            isServed();
            expect(answer, single.make(kind, 1), name);
        }
        isServed();
    }

    @ParameterizedTest(name = "packed = {0}")
    @ValueSource(booleans = {false, true})
    @Spec({"VS-09", "VP-11"})
    void anIndirectTableAcrossRegionsIsRead(boolean packed) throws Exception {
        single.begin(packed);
        for (int before = 8; before <= 40; before += 8) {
            single.maker.begin(1, Single.SIZE);
            single.maker.tableBeforeBorder(before);
            Expected expected = GoodChains.readRequest(single.maker, ChainKind.READ);
            List<RawDescriptor> entries = new ArrayList<>(single.maker.cut(0));
            RawDescriptor table =
                    single.maker.table(packed ? entries : RawDescriptor.linked(entries), SlotMemory.Window.BORDERS);
            single.slots.keep(1);
            expect(Answer.DONE, single.maker.chain(List.of(table), expected), "a table across regions");
        }
    }

    private static void isServed() throws Exception {
        expect(Answer.DONE, single.make(ChainKind.READ, 0), "a good request");
    }

    private static void expect(Answer answer, RawChain chain, String name) throws Exception {
        var expected = (Expected) chain.owner();
        RawRing.Used used = single.submit(chain, LIMIT).orElseThrow(() -> new AssertionError(name + " is lost"));
        assertThat(used.chain()).as(name).isSameAs(chain);
        if (answer == Answer.EMPTY) {
            assertThat(used.length()).as("used length of %s", name).isZero();
            single.slots.checkKept(expected.slot(), 0, 0);
            return;
        }
        long at = expected.writeAt() + expected.writeLength() - 1L;
        byte status = single.slots.slot(expected.slot()).get(ValueLayout.JAVA_BYTE, at);
        assertThat(status).as("status of %s", name).isEqualTo(status(answer));
        long written = answer == Answer.DONE ? expected.writeLength() : 1;
        assertThat(used.length()).as("used length of %s", name).isEqualTo(written);
        single.slots.checkKept(expected.slot(), expected.writeAt(), expected.writeLength());
    }

    private static byte status(Answer answer) {
        return switch (answer) {
            case IOERR -> BlkRequest.S_IOERR;
            case UNSUPP -> BlkRequest.S_UNSUPP;
            default -> BlkRequest.S_OK;
        };
    }

    static Stream<RingBreak> breaks() {
        return IntStream.range(0, VARIANTS / 3).boxed().flatMap(_ -> Stream.of(RingBreak.values()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("breaks")
    @Spec({"VS-12", "VP-09", "VP-13"})
    void aBrokenRingStopsUntilTheReset(RingBreak how) throws Exception {
        boolean packed = RingBreak.of(true).contains(how);
        single.begin(packed);
        isServed();
        how.apply(single.ring, single.make(ChainKind.FLUSH, 1), single.random);
        single.signals.kick();
        while (single.ring.outstanding() > 0) {
            assertThat(single.await(LIMIT)).as("the chain before").isPresent();
        }
        long end = System.nanoTime() + LIMIT.toNanos();
        while (rig.counters("disk").orElseThrow().faults(how.fault()) == 0) {
            assertThat(System.nanoTime()).as("the fault is found out").isLessThan(end);
            Thread.sleep(1);
        }
        assertThat(rig.counters("disk").orElseThrow().faults(how.fault())).isEqualTo(1);
        single.begin(packed);
        isServed();
    }

    @Test
    @Spec({"VS-07", "VS-10"})
    void aTableMarkedWritableIsRead() throws Exception {
        single.begin(false);
        single.maker.begin(1, Single.SIZE);
        Expected expected = GoodChains.readRequest(single.maker, ChainKind.READ);
        RawDescriptor table = single.maker.table(RawDescriptor.linked(single.maker.cut(0)), SlotMemory.Window.PLAIN);
        single.slots.keep(1);
        expect(Answer.DONE, single.maker.chain(List.of(table.with(SplitRing.DESC_WRITE)), expected), "a marked table");
        single.ring.check();
    }
}
