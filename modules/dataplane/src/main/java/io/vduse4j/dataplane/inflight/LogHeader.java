package io.vduse4j.dataplane.inflight;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The head of a log file: whose log it is. It stands there twice, and the newer of the valid ones counts, so that a death
 * while one is written leaves the other. Little endian:
 *
 * <pre>
 *   0:8 magic  8:4 version  12:4 CRC-32C of everything but itself
 *  16:8 generation  24:4 whether a driver runs  28:4 queues that are described
 *  32:8 features  40:64 device  104:40 boot id  144: 32 bytes a queue: index 4, size 4, desc 8, driver 8, used 8
 * </pre>
 */
record LogHeader(long generation, boolean running, String boot, LogIdentity identity) {

    private static final long MAGIC = 0x6c66_6e69_6534_6a76L;
    private static final int VERSION = 1;
    private static final int CRC = 12;
    private static final int AFTER_CRC = 16;
    private static final int DEVICE = 40;
    private static final int DEVICE_BYTES = 64;
    private static final int BOOT_BYTES = 40;
    private static final int QUEUES = 144;
    private static final int QUEUE_BYTES = 32;

    /** What tells one run of the machine from another. */
    static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /** Bytes of a head for so many queues. */
    static int bytes(int queues) {
        return QUEUES + queues * QUEUE_BYTES;
    }

    byte[] encode(int queues) {
        ByteBuffer to = ByteBuffer.allocate(bytes(queues)).order(ByteOrder.LITTLE_ENDIAN);
        to.putLong(MAGIC).putInt(VERSION).putInt(0);
        to.putLong(generation).putInt(running ? 1 : 0).putInt(identity.queues().size());
        to.putLong(identity.features());
        to.put(text(identity.device(), DEVICE_BYTES)).put(text(boot, BOOT_BYTES));
        for (LogIdentity.Ring ring : identity.queues()) {
            to.putInt(ring.index()).putInt(ring.size());
            to.putLong(ring.desc()).putLong(ring.driver()).putLong(ring.used());
        }
        to.putInt(CRC, checksum(to.array()));
        return to.array();
    }

    private static byte[] text(String text, int bytes) {
        byte[] from = text.getBytes(StandardCharsets.UTF_8);
        if (from.length > bytes) {
            throw new IllegalArgumentException("longer than " + bytes + " bytes: " + text);
        }
        byte[] to = new byte[bytes];
        System.arraycopy(from, 0, to, 0, from.length);
        return to;
    }

    private static int checksum(byte[] head) {
        CRC32C crc = new CRC32C();
        crc.update(head, 0, CRC);
        crc.update(head, AFTER_CRC, head.length - AFTER_CRC);
        return (int) crc.getValue();
    }

    /** Empty if the bytes are no head, or not a whole one. */
    static Optional<LogHeader> decode(byte[] head) {
        ByteBuffer from = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        if (from.getLong() != MAGIC || from.getInt() != VERSION || from.getInt() != checksum(head)) {
            return Optional.empty();
        }
        long generation = from.getLong();
        boolean running = from.getInt() == 1;
        int count = from.getInt();
        long features = from.getLong();
        if (count < 0 || count > (head.length - QUEUES) / QUEUE_BYTES) {
            return Optional.empty();
        }
        String device = text(head, DEVICE, DEVICE_BYTES);
        String boot = text(head, DEVICE + DEVICE_BYTES, BOOT_BYTES);
        from.position(QUEUES);
        List<LogIdentity.Ring> rings = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rings.add(
                    new LogIdentity.Ring(from.getInt(), from.getInt(), from.getLong(), from.getLong(), from.getLong()));
        }
        return Optional.of(new LogHeader(generation, running, boot, new LogIdentity(device, features, rings)));
    }

    private static String text(byte[] head, int at, int bytes) {
        int length = 0;
        while (length < bytes && head[at + length] != 0) {
            length++;
        }
        return new String(head, at, length, StandardCharsets.UTF_8);
    }
}
