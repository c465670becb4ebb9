package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class StopRequestsTest {
    private final List<String> calls = new ArrayList<>();
    private long now = Long.MAX_VALUE - 10;
    private final StopRequests requests =
            new StopRequests(() -> now, signal -> calls.add("first " + signal), () -> calls.add("again"));

    @Test
    void anEchoIsNotImpatience() {
        requests.accept(15);
        now += StopRequests.ECHO_NANOS;
        requests.accept(15);
        requests.accept(1);
        assertThat(calls).containsExactly("first 15");
        now++;
        requests.accept(2);
        assertThat(calls).containsExactly("first 15", "again");
    }
}
