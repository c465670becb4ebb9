package io.vduse4j.testkit.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a block says of itself (DU-07). */
class BlockTagTest {
    private static final int BYTES = 4096;

    private static byte[] block(long sequence) {
        var block = new byte[BYTES];
        BlockTag.write(block, 0, BYTES, 1, 78, sequence);
        return block;
    }

    private static byte[] mixture(long from, long rest, int until) {
        var block = block(rest);
        System.arraycopy(block(from), 0, block, 0, until);
        return block;
    }

    private static boolean isMixture(byte[] block, long first, long last) {
        return BlockTag.isMixture(block, 0, BYTES, 1, 78, LongStream.rangeClosed(first, last));
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 512, 2704, BYTES - 8})
    void aMixtureIsNeitherOfTheTwoAndMadeOfBoth(int until) {
        var block = mixture(0x383, 0x367, until);
        assertThat(BlockTag.read(block, 0, BYTES).kind()).isEqualTo(BlockTag.Kind.BROKEN);
        assertThat(isMixture(block, 0x367, 0x383)).isTrue();
        assertThat(isMixture(block, 0x300, 0x400)).isTrue();
        assertThat(isMixture(block, 0x368, 0x400)).as("of one that is too old").isFalse();
        assertThat(isMixture(block, 0x300, 0x382)).as("of one that is too new").isFalse();
    }

    @Test
    void zeroesAreAPartOnlyOfWhatWasNeverWritten() {
        var block = block(5);
        Arrays.fill(block, 1024, 2048, (byte) 0);
        assertThat(isMixture(block, 0, 5)).isTrue();
        assertThat(isMixture(block, 5, 5)).isFalse();
    }

    @Test
    void whatNobodyWroteIsNoPart() {
        var block = mixture(3, 2, 1024);
        block[3000] ^= 1;
        assertThat(isMixture(block, 0, 10)).isFalse();
    }
}
