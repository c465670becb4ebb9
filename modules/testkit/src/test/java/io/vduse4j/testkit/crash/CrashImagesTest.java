package io.vduse4j.testkit.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.FileIo;
import io.vduse4j.testkit.faulty.Fault;
import io.vduse4j.testkit.faulty.FileEvent;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The images of a crash are those that can be, all of them and no others. */
class CrashImagesTest {
    private static final int UNIT = 512;
    private static final int BYTES = 3 * UNIT;
    private static final long LATE = 1000;

    private final List<FileEvent> trace = new ArrayList<>();

    private void write(int value, int unit, int units, boolean stable, long start, long end) {
        var data = new byte[units * UNIT];
        Arrays.fill(data, (byte) value);
        trace.add(new FileEvent(
                Fault.Op.WRITE,
                (long) unit * UNIT,
                data.length,
                0,
                stable,
                true,
                start,
                end,
                MemorySegment.ofArray(data)));
    }

    private void event(Fault.Op op, boolean succeeded, long start, long end) {
        int mode = op == Fault.Op.FALLOCATE ? FileIo.FALLOC_FL_ZERO_RANGE : 0;
        trace.add(new FileEvent(op, 0, BYTES, mode, false, succeeded, start, end, MemorySegment.ofArray(new byte[0])));
    }

    /** The first byte of each unit, of all images. */
    private Set<String> images(long at) {
        var found = new TreeSet<String>();
        int count = new CrashImages(trace, BYTES, UNIT).forEach(at, new SplittableRandom(1), 5000, image -> {
            found.add("" + image[0] + image[UNIT] + image[2 * UNIT]);
            for (int i = 0; i < BYTES; i++) {
                assertThat(image[i]).isEqualTo(image[i / UNIT * UNIT]);
            }
            return true;
        });
        assertThat(count).isGreaterThanOrEqualTo(found.size());
        return found;
    }

    @Test
    void whatWasNotSyncedIsThereInAnyPart() {
        write(1, 0, 3, false, 1, 2);
        assertThat(images(LATE)).containsExactly("000", "001", "010", "011", "100", "101", "110", "111");
        assertThat(images(1)).as("before it came").containsExactly("000");
        assertThat(images(2)).as("while it was done").hasSize(8);
    }

    @Test
    void aSyncCoversWhatHadEndedBeforeItBegan() {
        write(1, 0, 1, false, 1, 2);
        write(1, 1, 1, false, 1, 4);
        event(Fault.Op.FSYNC, true, 3, 5);
        write(1, 2, 1, false, 6, 7);
        assertThat(images(LATE)).containsExactly("100", "101", "110", "111");
        assertThat(images(5)).as("it has not ended").containsExactly("000", "010", "100", "110");
    }

    @Test
    void aSyncThatFailedCoversNothing() {
        write(1, 0, 1, false, 1, 2);
        event(Fault.Op.FSYNC, false, 3, 4);
        assertThat(images(LATE)).containsExactly("000", "100");
    }

    @Test
    void writesToOneUnitKeepTheirOrder() {
        write(1, 0, 1, false, 1, 2);
        write(2, 0, 1, false, 3, 4);
        assertThat(images(LATE)).containsExactly("000", "100", "200");
        write(3, 0, 1, true, 5, 6);
        assertThat(images(LATE)).as("a stable one is last").containsExactly("300");
        write(4, 0, 1, false, 7, 8);
        assertThat(images(LATE)).containsExactly("300", "400");
    }

    @Test
    void zeroesAreWrites() {
        write(1, 0, 3, true, 1, 2);
        event(Fault.Op.FALLOCATE, true, 3, 4);
        assertThat(images(LATE)).hasSize(8).contains("000", "111", "010");
    }

    @Test
    void whatIsTooMuchForAllIsChosenAtRandom() {
        for (int i = 0; i < 13; i++) {
            write(1 + i % 9, i % 3, 1, false, i, i + 1);
        }
        assertThat(images(LATE)).as("any of the values of each unit, or none").hasSize(4 * 4 * 4);
    }
}
