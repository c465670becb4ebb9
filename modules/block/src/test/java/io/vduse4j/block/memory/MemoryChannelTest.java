package io.vduse4j.block.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.block.contract.GuestMemory;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads are gathered, and yet each ends once, whatever happens to the others. */
class MemoryChannelTest {
    private static final int BLOCK = 4096;
    private static final int SLOTS = 40;

    private final List<String> ended = new ArrayList<>();
    private Backend backend;
    private GuestMemory memory;
    private GuestMemory iovecs;
    private Channel channel;

    @BeforeEach
    void open() throws Exception {
        backend = Backends.open("memory:1M", BackendOptions.NONE);
        memory = new GuestMemory((long) SLOTS * BLOCK);
        iovecs = new GuestMemory(BLOCK);
    }

    @AfterEach
    void close() throws Exception {
        channel.close();
        backend.close();
        memory.close();
        iovecs.close();
    }

    private void take(Completions completions) throws Exception {
        channel = backend.open(SLOTS, completions);
    }

    private Completions noted() {
        return new Completions() {
            @Override
            public void complete(int slot, int errno) {
                ended.add(slot + ":" + errno);
            }

            @Override
            public void post(int slot, int errno) {
                throw new AssertionError("nothing is posted here");
            }
        };
    }

    private Request request(Request.Op op, int slot) {
        Iovecs.set(iovecs.address(), slot, memory.address() + (long) slot * BLOCK, BLOCK);
        var request = new Request();
        request.op = op;
        request.offset = (long) slot * BLOCK;
        request.length = BLOCK;
        request.iov = iovecs.address() + (long) slot * Iovecs.BYTES;
        request.iovCount = 1;
        return request;
    }

    @Test
    void readsEndWithTheirGroupOrWithTheBatch() throws Exception {
        take(noted());
        for (int slot = 0; slot < 15; slot++) {
            channel.submit(slot, request(Request.Op.READ, slot));
        }
        assertThat(ended).isEmpty();
        channel.submit(15, request(Request.Op.READ, 15));
        assertThat(ended).hasSize(16).startsWith("0:0").endsWith("15:0");
        channel.submit(16, request(Request.Op.READ, 16));
        channel.submit(17, request(Request.Op.WRITE, 17));
        assertThat(ended.getLast()).as("a write waits for nobody").isEqualTo("17:0");
        var large = request(Request.Op.READ, 18);
        large.length = 32 << 10;
        Iovecs.set(large.iov, 0, memory.address(), large.length);
        channel.submit(18, large);
        assertThat(ended.getLast()).as("nor does a large read").isEqualTo("18:0");
        channel.flushSubmissions();
        channel.flushSubmissions();
        assertThat(ended).hasSize(19).endsWith("16:0");
    }

    @Test
    void memoryThatHasVanishedIsAnErrorOfItsRequestOnly() throws Exception {
        take(noted());
        for (int slot = 0; slot < 4; slot++) {
            channel.submit(slot, request(Request.Op.READ, slot));
        }
        memory.shrink(2 * BLOCK);
        channel.flushSubmissions();
        assertThat(ended).containsExactly("0:0", "1:0", "2:" + Errno.EFAULT, "3:" + Errno.EFAULT);
    }

    /** The owner touches the memory when it ends a request: what it meets there comes out when all have ended. */
    @Test
    void anErrorOfTheOwnerKeepsNobodyElse() throws Exception {
        var noted = noted();
        take(new Completions() {
            @Override
            public void complete(int slot, int errno) {
                noted.complete(slot, errno);
                if (slot > 0 && slot < 3) {
                    throw new InternalError("met at " + slot);
                }
            }

            @Override
            public void post(int slot, int errno) {
                noted.post(slot, errno);
            }
        });
        for (int slot = 0; slot < 4; slot++) {
            channel.submit(slot, request(Request.Op.READ, slot));
        }
        assertThatThrownBy(channel::flushSubmissions)
                .isInstanceOf(InternalError.class)
                .hasMessage("met at 1");
        assertThat(ended).containsExactly("0:0", "1:0", "2:0", "3:0");
        channel.submit(5, request(Request.Op.READ, 5));
        channel.flushSubmissions();
        assertThat(ended).endsWith("5:0");
    }

    /** An end can begin what had to wait for it, while the others of the group are still to be copied. */
    @Test
    void whatBeginsMeanwhileTakesNoPlaceOfOthers() throws Exception {
        var noted = noted();
        take(new Completions() {
            @Override
            public void complete(int slot, int errno) {
                noted.complete(slot, errno);
                if (slot == 0) {
                    channel.submit(9, request(Request.Op.READ, 9));
                }
            }

            @Override
            public void post(int slot, int errno) {
                noted.post(slot, errno);
            }
        });
        channel.submit(0, request(Request.Op.READ, 0));
        channel.submit(1, request(Request.Op.READ, 1));
        channel.flushSubmissions();
        assertThat(ended).containsExactly("0:0", "9:0", "1:0");
    }
}
