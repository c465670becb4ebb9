package io.vduse4j.embedded.vduse;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.NativeMemory;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The attributes of a device in sysfs (kernel-behaviour 3.2 and 5.1). Safe from several threads. */
final class Attributes {
    /** Name of the message timeout. */
    static final String MSG_TIMEOUT = "msg_timeout";

    /** Name of the size of the bounce buffer. */
    static final String BOUNCE_SIZE = "bounce_size";

    private static final long U32_MAX = 0xffff_ffffL;
    private static final long DEFAULT_TIMEOUT = 30;
    private static final long MIN_BOUNCE = 1L << 20;
    private static final long DEFAULT_BOUNCE = 64L << 20;
    private static final long MAX_BOUNCE = 1L << 30;

    private final BooleanSupplier hasDomain;
    private final QueueAffinity affinity;
    private volatile long msgTimeout = DEFAULT_TIMEOUT;
    private volatile long bounceSize = DEFAULT_BOUNCE;

    Attributes(int queues, BooleanSupplier hasDomain) {
        this.hasDomain = hasDomain;
        affinity = new QueueAffinity(queues);
    }

    /** Seconds that a message waits for its reply; 0 for no limit. */
    long msgTimeout() {
        return msgTimeout;
    }

    /** Bytes of the bounce buffers of all address spaces. */
    long bounceSize() {
        return bounceSize;
    }

    /** The value of an attribute; empty if there is none of that name. */
    Optional<String> read(String attribute) {
        return switch (attribute) {
            case MSG_TIMEOUT -> Optional.of(Long.toString(msgTimeout));
            case BOUNCE_SIZE -> Optional.of(Long.toString(bounceSize));
            default -> affinity.read(attribute);
        };
    }

    /** Stores text. @return 0 or a negative errno */
    int write(String attribute, String text) {
        return switch (attribute) {
            // sysfs does not pass a write of nothing on.
            case MSG_TIMEOUT -> text.isEmpty() ? 0 : writeTimeout(parse(text));
            case BOUNCE_SIZE -> text.isEmpty() ? 0 : writeBounceSize(text);
            default -> affinity.write(attribute, text);
        };
    }

    private int writeTimeout(long value) {
        if (value < 0) {
            return (int) value;
        }
        msgTimeout = value;
        return 0;
    }

    private int writeBounceSize(String text) {
        if (hasDomain.getAsBoolean()) {
            return -Errno.EPERM;
        }
        long value = parse(text);
        if (value < 0) {
            return (int) value;
        }
        if (value < MIN_BOUNCE || value > MAX_BOUNCE) {
            return -Errno.EINVAL;
        }
        bounceSize = value & -NativeMemory.pageSize();
        return 0;
    }

    /** A decimal u32 as the kernel reads one: a plus sign before it and a line feed behind it may stand. */
    private static long parse(String text) {
        var line = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        var digits = line.startsWith("+") ? line.substring(1) : line;
        if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -Errno.EINVAL;
        }
        var significant = digits.replaceFirst("^0+(?=.)", "");
        if (significant.length() > 10 || Long.parseLong(significant) > U32_MAX) {
            return -Errno.ERANGE;
        }
        return Long.parseLong(significant);
    }
}
