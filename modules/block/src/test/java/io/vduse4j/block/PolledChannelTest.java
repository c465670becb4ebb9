package io.vduse4j.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.contract.GuestMemory;
import io.vduse4j.block.contract.Worker;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.MemoryBudget;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** Requests that end by themselves and are found by polling, as those of a ring of the kernel. */
class PolledChannelTest {
    private static final int SIZE = 1 << 20;

    private record Ended(int slot, int errno) {}

    /** Lets the requests of a backend end when it is polled, if the owner does that. */
    private static final class Later extends FilterBackend {
        int polled;

        Later(Backend inner) {
            super(inner);
        }

        @Override
        public Channel open(int slots, Completions completions) throws IOException {
            var ready = EventFd.create();
            Queue<Ended> ended = new ArrayDeque<>();
            boolean watched = completions.watch(ready);
            Completions sink = new Completions() {
                @Override
                public void complete(int slot, int errno) {
                    if (watched) {
                        ended.add(new Ended(slot, errno));
                        ready.signal();
                    } else {
                        completions.complete(slot, errno);
                    }
                }

                @Override
                public void post(int slot, int errno) {
                    throw new AssertionError("nothing is posted here");
                }
            };
            return new FilterChannel(inner().open(slots, sink)) {
                @Override
                public int poll() {
                    int count = super.poll();
                    for (var one = ended.poll(); one != null; one = ended.poll()) {
                        completions.complete(one.slot(), one.errno());
                        count++;
                    }
                    polled += count;
                    return count;
                }

                @Override
                public void close() {
                    super.close();
                    ready.close();
                }
            };
        }
    }

    /** Through every kind of filter: each must pass on both the wish to be watched and the polling. */
    @Test
    void aDiskPolls() throws Exception {
        var later = new Later(new RecordingBackend(RecordingBackend.limits(512, false), SIZE));
        var delayed = new DelayFilter(later, Duration.ZERO, EnumSet.of(Request.Op.DISCARD));
        try (var backend = CopyingBackend.always(delayed, MemoryBudget.process());
                var rig = new DiskRig(backend)) {
            assertThat(rig.watched).isEqualTo(1);
            var client = new BlkClient(rig);
            var block = new byte[512];
            block[7] = 9;
            assertThat(client.write(3, block).status()).isEqualTo(BlkClient.OK);
            assertThat(client.read(3, 512).data()).isEqualTo(block);
            assertThat(later.polled).isEqualTo(2);
        }
    }

    @Test
    void anOwnerThatDoesNotIsToldAtOnce() throws Exception {
        try (var later = new Later(new RecordingBackend(RecordingBackend.limits(512, false), SIZE));
                var memory = new GuestMemory(8192);
                var worker = new Worker(later, 1, false)) {
            Iovecs.set(memory.address(), 0, memory.address() + 4096, 512);
            var request = new Request();
            request.length = 512;
            request.iov = memory.address();
            request.iovCount = 1;
            worker.submit(0, request);
            assertThat(worker.hasEnded(0)).isTrue();
            assertThat(worker.await(0)).isZero();
            assertThat(later.polled).isZero();
        }
    }
}
