package io.vduse4j.embedded.vduse;

import io.vduse4j.linux.Errno;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The attribute {@code irq_cb_affinity} of each queue: the processors that its callbacks run on, as text of sysfs
 * (kernel-behaviour 4.4). It is kept and told; the callbacks of this kernel run on a thread of their own, which the
 * operating system puts where it likes. Safe from several threads.
 */
final class QueueAffinity {
    private static final Pattern NAME = Pattern.compile("vq(0|[1-9][0-9]{0,4})/irq_cb_affinity");

    /** Chunks of 32 bits with commas between them, and a line feed. */
    private static final Pattern MASK = Pattern.compile("[0-9a-fA-F]+(,[0-9a-fA-F]+)*\\n?");

    private static final Pattern CHUNK = Pattern.compile("[0-9a-fA-F]+");
    private static final int CHUNK_DIGITS = 8;
    private static final int CHUNK_BITS = 32;

    private final int processors = Runtime.getRuntime().availableProcessors();
    private final BigInteger[] masks;

    QueueAffinity(int queues) {
        masks = new BigInteger[queues];
        var all = BigInteger.ONE.shiftLeft(processors).subtract(BigInteger.ONE);
        Arrays.fill(masks, all);
    }

    /** The index of the queue whose attribute it is; -1 if it is none. */
    private int queue(String attribute) {
        Matcher name = NAME.matcher(attribute);
        int queue = name.matches() ? Integer.parseInt(name.group(1)) : -1;
        return queue < masks.length ? queue : -1;
    }

    /** The mask of a queue; empty if there is no such attribute. */
    synchronized Optional<String> read(String attribute) {
        int queue = queue(attribute);
        return queue < 0 ? Optional.empty() : Optional.of(text(masks[queue]));
    }

    /** All processors have a digit, also where the mask has none of them. */
    private String text(BigInteger mask) {
        var digits = new StringBuilder(mask.toString(16));
        while (digits.length() < (processors + 3) / 4) {
            digits.insert(0, '0');
        }
        for (int at = digits.length() - CHUNK_DIGITS; at > 0; at -= CHUNK_DIGITS) {
            digits.insert(at, ',');
        }
        return digits.toString();
    }

    /** Stores text. @return 0 or a negative errno */
    synchronized int write(String attribute, String text) {
        int queue = queue(attribute);
        if (queue < 0) {
            return -Errno.ENOENT;
        }
        if (text.isEmpty()) {
            // sysfs does not pass a write of nothing on.
            return 0;
        }
        if (!MASK.matcher(text).matches()) {
            return -Errno.EINVAL;
        }
        var mask = BigInteger.ZERO;
        int chunks = 0;
        for (Matcher chunk = CHUNK.matcher(text); chunk.find(); chunks++) {
            if (chunk.group().length() > CHUNK_DIGITS) {
                return -Errno.EOVERFLOW;
            }
            mask = mask.shiftLeft(CHUNK_BITS).or(new BigInteger(chunk.group(), 16));
        }
        // Leading zeros count: there may be as many chunks as the processors need.
        if (mask.bitLength() > processors || chunks > (processors + CHUNK_BITS - 1) / CHUNK_BITS) {
            return -Errno.EOVERFLOW;
        }
        if (mask.signum() == 0) {
            return -Errno.EINVAL;
        }
        masks[queue] = mask;
        return 0;
    }
}
