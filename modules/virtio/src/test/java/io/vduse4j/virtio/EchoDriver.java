package io.vduse4j.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;

/** The model's driver: random chains of random framing, and the check of what comes back. */
final class EchoDriver {

    private final EchoMemory memory;
    private final VirtqueueDriver driver;
    private final Random random;
    private final int size;
    private final boolean indirect;
    private final boolean packed;
    private final Deque<Integer> parts = new ArrayDeque<>();
    private final Request[] byHead;
    private final ChainBuffers buffers = new ChainBuffers();
    private int added;
    private int back;

    /** What a chain holds, byte for byte. */
    private static final class Request {
        final int part;
        final byte[] sent;
        final long[] readableAt;
        final long[] writableAt;

        Request(int part, byte[] sent, long[] readableAt, long[] writableAt) {
            this.part = part;
            this.sent = sent;
            this.readableAt = readableAt;
            this.writableAt = writableAt;
        }
    }

    EchoDriver(EchoMemory memory, long features, VirtqueueState start, Random random) {
        this.memory = memory;
        this.random = random;
        size = memory.rings.size();
        indirect = (features & VirtioFeatures.RING_INDIRECT_DESC) != 0;
        packed = (features & VirtioFeatures.RING_PACKED) != 0;
        driver = VirtqueueDriver.of(memory.memory.space, memory.rings, features, start);
        byHead = new Request[size];
        for (int i = 0; i < size; i++) {
            parts.add(i);
        }
    }

    VirtqueueDriver ring() {
        return driver;
    }

    /** Chains ever added. */
    int added() {
        return added;
    }

    /** Chains that came back. */
    int back() {
        return back;
    }

    /** What the device answers: the bytes sent, changed and repeated. */
    static byte[] answer(byte[] sent, int length) {
        byte[] answer = new byte[length];
        for (int i = 0; i < length; i++) {
            answer[i] = (byte) (sent.length == 0 ? i : sent[i % sent.length] ^ (0x5a + i / sent.length));
        }
        return answer;
    }

    /** Adds a random chain; false if the queue is full. */
    boolean add() {
        int most = random.nextInt(50) == 0 ? size : Math.min(size, 12);
        int count = 1 + random.nextInt(most);
        int direct = indirect ? random.nextInt(count + 1) : count;
        if (packed && direct < count) {
            direct = 0; // a table stands alone (VP-10)
            count = Math.min(count, EchoMemory.TABLE_ENTRIES);
        }
        if (count - direct > EchoMemory.TABLE_ENTRIES) {
            direct = count - EchoMemory.TABLE_ENTRIES;
        }
        int needed = direct + (direct < count ? 1 : 0);
        if (driver.freeDescriptors() < needed) {
            return false;
        }
        int part = parts.removeFirst();
        Request request = place(part, count);
        int head = driver.add(buffers, direct, memory.tableHost(part), memory.table(part));
        assertThat(head).isBetween(0, size - 1);
        assertThat(byHead[head]).as("head %d is new", head).isNull();
        byHead[head] = request;
        added++;
        return true;
    }

    private Request place(int part, int count) {
        int readable = random.nextInt(count + 1);
        int room = EchoMemory.PART_BYTES / count; // a gap stays behind most buffers
        long at = memory.part(part);
        buffers.clear();
        byte[] sent = new byte[EchoMemory.PART_BYTES];
        long[] readableAt = new long[EchoMemory.PART_BYTES];
        long[] writableAt = new long[EchoMemory.PART_BYTES];
        int sentBytes = 0;
        int writableBytes = 0;
        for (int i = 0; i < count; i++) {
            int length = Math.min(random.nextInt(40), random.nextInt(room + 1));
            if (i < readable) {
                buffers.readable(at, length);
                for (int b = 0; b < length; b++) {
                    byte value = (byte) random.nextInt();
                    memory.put(at + b, value);
                    readableAt[sentBytes] = at + b;
                    sent[sentBytes++] = value;
                }
            } else {
                buffers.writable(at, length);
                for (int b = 0; b < length; b++) {
                    writableAt[writableBytes++] = at + b;
                }
            }
            at += length + random.nextInt(room - length + 1);
        }
        return new Request(
                part,
                Arrays.copyOf(sent, sentBytes),
                Arrays.copyOf(readableAt, sentBytes),
                Arrays.copyOf(writableAt, writableBytes));
    }

    /** Takes one chain back and checks it; false if there was none. */
    boolean poll() {
        int head = driver.poll();
        if (head == VirtqueueDriver.NOTHING) {
            return false;
        }
        assertThat(head).as(driver.brokenBecause()).isNotEqualTo(VirtqueueDriver.BROKEN);
        Request request = byHead[head];
        assertThat(request).as("head %d came back twice", head).isNotNull();
        byHead[head] = null;
        int length = (int) driver.usedLength();
        assertThat(length).isEqualTo(EchoDevice.length(request.sent, request.writableAt.length));
        byte[] answer = answer(request.sent, length);
        for (int i = 0; i < request.writableAt.length; i++) {
            byte expected = i < length ? answer[i] : EchoMemory.CANARY;
            if (memory.get(request.writableAt[i]) != expected) {
                throw new AssertionError("byte " + i + " of " + length + " from head " + head);
            }
        }
        clean(request.readableAt);
        clean(request.writableAt);
        back++;
        parts.add(request.part);
        return true;
    }

    private void clean(long[] addresses) {
        for (long address : addresses) {
            memory.put(address, EchoMemory.CANARY);
        }
    }
}
