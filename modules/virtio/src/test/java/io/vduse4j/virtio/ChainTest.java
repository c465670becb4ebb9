package io.vduse4j.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChainTest {

    private static final int READABLE = 5;
    private static final int WRITABLE = 4;
    /** Host distance from one byte to the next: 1 joins pieces, 3 keeps them apart. */
    private static final int[] GAPS = {0, 3};

    private final MemorySegment space = Arena.ofAuto().allocate(256, 16);
    private final MemorySegment pieces = TestMemory.pieces(16);
    private final Chain chain = new Chain(7, 1, pieces);
    private final List<Long> readableAt = new ArrayList<>();
    private final List<Long> writableAt = new ArrayList<>();

    /** One of all framings: bit i of the cuts splits behind byte i. */
    private void frame(int readCuts, int writeCuts, int gap) {
        space.fill((byte) 0x55);
        readableAt.clear();
        writableAt.clear();
        chain.begin(space, 9);
        long at = frame(READABLE, readCuts, gap, false, 16, readableAt);
        frame(WRITABLE, writeCuts, gap, true, at + 16, writableAt);
        for (int i = 0; i < READABLE; i++) {
            space.set(ValueLayout.JAVA_BYTE, readableAt.get(i), (byte) (0x10 + i));
        }
    }

    private long frame(int bytes, int cuts, int gap, boolean write, long start, List<Long> places) {
        long at = start;
        int length = 0;
        for (int i = 0; i < bytes; i++) {
            places.add(at + length);
            length++;
            if (i == bytes - 1 || (cuts & (1 << i)) != 0) {
                assertThat(chain.add(at, length, write)).isTrue();
                at += length + gap;
                length = 0;
            }
        }
        return at;
    }

    private interface Check {
        void run(int readCuts, int writeCuts, int gap);
    }

    private void everyFraming(Check check) {
        for (int gap : GAPS) {
            for (int readCuts = 0; readCuts < 1 << (READABLE - 1); readCuts++) {
                for (int writeCuts = 0; writeCuts < 1 << (WRITABLE - 1); writeCuts++) {
                    frame(readCuts, writeCuts, gap);
                    check.run(readCuts, writeCuts, gap);
                }
            }
        }
    }

    /** The bytes that an iovec array names, from the chain's own memory. */
    private List<Long> named(long iov, int count) {
        List<Long> all = new ArrayList<>();
        long offset = iov - pieces.address();
        for (int i = 0; i < count; i++) {
            long base = pieces.get(ValueLayout.JAVA_LONG, offset + 16L * i);
            long length = pieces.get(ValueLayout.JAVA_LONG, offset + 16L * i + 8);
            for (long b = 0; b < length; b++) {
                all.add(base + b);
            }
        }
        return all;
    }

    private List<Long> readable() {
        return named(chain.readableIov(), chain.readablePieces());
    }

    private List<Long> writable() {
        return named(chain.writableIov(), chain.writablePieces());
    }

    @Test
    @Spec("VS-02")
    void theIovecsNameTheBytesInOrder() {
        everyFraming((readCuts, writeCuts, gap) -> {
            assertThat(readable()).isEqualTo(readableAt);
            assertThat(writable()).isEqualTo(writableAt);
            assertThat(chain.readableBytes()).isEqualTo(READABLE);
            assertThat(chain.writableBytes()).isEqualTo(WRITABLE);
            assertThat(chain.lastWritable()).isEqualTo(writableAt.getLast());
            assertThat(chain.readablePieces()).isEqualTo(gap == 0 ? 1 : 1 + Integer.bitCount(readCuts));
            assertThat(chain.writablePieces()).isEqualTo(gap == 0 ? 1 : 1 + Integer.bitCount(writeCuts));
        });
    }

    @Test
    @Spec({"VS-02", "BUG-06"})
    void consumeTakesAnyNumberOfBytesFromTheFront() {
        everyFraming((readCuts, writeCuts, gap) -> {
            for (int n = 0; n <= READABLE; n++) {
                frame(readCuts, writeCuts, gap);
                MemorySegment to = Arena.ofAuto().allocate(READABLE);
                chain.consume(to, n);
                for (int i = 0; i < READABLE; i++) {
                    assertThat(to.get(ValueLayout.JAVA_BYTE, i)).isEqualTo((byte) (i < n ? 0x10 + i : 0));
                }
                assertThat(chain.readableBytes()).isEqualTo(READABLE - n);
                assertThat(readable()).isEqualTo(readableAt.subList(n, READABLE));
                assertThat(writable()).isEqualTo(writableAt);
                chain.consume(to, READABLE - n);
                assertThat(chain.readablePieces()).isZero();
                assertThat(writable()).isEqualTo(writableAt);
            }
        });
    }

    @Test
    @Spec("VS-02")
    void theStatusIsTheLastByteHoweverItIsFramed() {
        everyFraming((readCuts, writeCuts, gap) -> {
            chain.setLastAside();
            assertThat(chain.writableBytes()).isEqualTo(WRITABLE - 1);
            assertThat(writable()).isEqualTo(writableAt.subList(0, WRITABLE - 1));
            assertThat(readable()).isEqualTo(readableAt);
            chain.writeLast((byte) 0x77);
            assertThat(space.get(ValueLayout.JAVA_BYTE, writableAt.getLast())).isEqualTo((byte) 0x77);
        });
    }

    @Test
    @Spec({"VS-02", "VS-05"})
    void fillWritesFromTheFrontAndNowhereElse() {
        everyFraming((readCuts, writeCuts, gap) -> {
            for (int n = 0; n <= WRITABLE; n++) {
                frame(readCuts, writeCuts, gap);
                chain.consume(Arena.ofAuto().allocate(2), 2);
                MemorySegment from = Arena.ofAuto().allocate(n);
                from.fill((byte) 0x66);
                chain.fill(from);
                onlyChanged(n, (byte) 0x66);
            }
        });
    }

    @Test
    @Spec("BUG-07")
    void zeroWritableZeroesWhatIsNotSetAside() {
        everyFraming((readCuts, writeCuts, gap) -> {
            chain.setLastAside();
            chain.zeroWritable();
            onlyChanged(WRITABLE - 1, (byte) 0);
        });
    }

    private void onlyChanged(int n, byte value) {
        for (long i = 0; i < space.byteSize(); i++) {
            byte expected = 0x55;
            if (readableAt.contains(i)) {
                expected = (byte) (0x10 + readableAt.indexOf(i));
            } else if (writableAt.contains(i) && writableAt.indexOf(i) < n) {
                expected = value;
            }
            assertThat(space.get(ValueLayout.JAVA_BYTE, i)).isEqualTo(expected);
        }
    }

    @Test
    void aNeighbourOfTheOtherKindIsNotJoined() {
        chain.begin(space, 1);
        chain.add(0, 4, false);
        chain.add(4, 4, true);
        assertThat(chain.readablePieces()).isEqualTo(1);
        assertThat(chain.writablePieces()).isEqualTo(1);
    }

    @Test
    void aFullSlotTakesNoMorePiecesButStillJoins() {
        Chain small = TestMemory.chain(0, 2);
        small.begin(space, 1);
        assertThat(small.add(0, 4, false)).isTrue();
        assertThat(small.add(8, 4, true)).isTrue();
        assertThat(small.add(16, 4, true)).isFalse();
        assertThat(small.add(12, 4, true)).isTrue();
        assertThat(small.writableBytes()).isEqualTo(8);
    }

    /** A handler's mistake must not reach memory that an earlier request left in the slot. */
    @Test
    @Spec("VS-05")
    void aHandlerCannotRunPastTheChain() {
        frame(0b1111, 0b111, 3);
        chain.end();
        chain.begin(space, 2);
        chain.add(16, 2, false);
        chain.add(100, 2, true);
        assertThatThrownBy(() -> chain.consume(Arena.ofAuto().allocate(8), 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> chain.consume(Arena.ofAuto().allocate(8), -1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> chain.fill(Arena.ofAuto().allocate(3))).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(chain.readableBytes()).isEqualTo(2);
        chain.setLastAside();
        chain.setLastAside();
        assertThatThrownBy(chain::setLastAside).isInstanceOf(IllegalStateException.class);
        assertThat(readable()).containsExactly(16L, 17L);
        for (long i = 0; i < space.byteSize(); i++) {
            assertThat(space.get(ValueLayout.JAVA_BYTE, i)).isNotZero();
        }
    }

    @Test
    void aNewLifeForgetsTheOldOne() {
        frame(0b1111, 0b111, 3);
        chain.fault(Fault.BUFFER_UNMAPPED);
        assertThat(chain.inFlight()).isTrue();
        chain.end();
        assertThat(chain.inFlight()).isFalse();
        chain.begin(space, 10);
        assertThat(chain.fault()).isNull();
        assertThat(chain.generation()).isEqualTo(10);
        assertThat(chain.readableBytes() + chain.writableBytes()).isZero();
        assertThat(chain.readablePieces() + chain.writablePieces()).isZero();
        assertThat(chain.lastWritable()).isEqualTo(-1);
        assertThat(List.of(chain.slot(), chain.queue())).containsExactly(7, 1);
    }
}
