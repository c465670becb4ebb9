package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The back end of a monitor dies at each named place, also while it recovers; the next one goes on, and what was written
 * is what is read (R-16, CR-06, CR-14).
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class FailpointTest {

    /** Those of a beginning come at the first life only, and are reached by a ring that starts anew. */
    private static final List<String> EVERYWHERE = List.of(
            "request.submit",
            "request.submitted",
            "request.status",
            "request.status.done",
            "queue.interrupt",
            "resubmit",
            "resubmit.begun",
            "ring.serve",
            "ring.served");

    private static final List<String> SPLIT = List.of(
            "split.fetched",
            "split.fetched.counter",
            "split.fetched.done",
            "split.completed",
            "split.completed.next",
            "split.completed.done",
            "split.published",
            "split.published.cleared",
            "split.published.done",
            "split.recover.index",
            "split.recover.done",
            "split.retaken");

    private static final List<String> PACKED = List.of(
            "packed.fetched",
            "packed.fetched.entries",
            "packed.fetched.flag",
            "packed.fetched.done",
            "packed.publishing",
            "packed.publishing.linked",
            "packed.publishing.list",
            "packed.publishing.done",
            "packed.published",
            "packed.published.cleared",
            "packed.published.list",
            "packed.published.done",
            "packed.recover.list",
            "packed.recover.used",
            "packed.recover.clear",
            "packed.recover.done",
            "packed.retaken");

    /** A death may find next to nothing in flight: then a place of recovery is not reached, and another death is tried. */
    private static final int MOST_LIVES = 5;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void diesAtSomePlaces(boolean packed) throws Exception {
        List<String> some = packed
                ? List.of("packed.publishing.list", "packed.published", "packed.recover.used")
                : List.of("split.completed.done", "split.published", "split.recover.index", "resubmit.begun");
        dieAt(packed, some, 7);
    }

    @Tag("full")
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void diesAtEveryPlace(boolean packed) throws Exception {
        List<String> all = Stream.concat(EVERYWHERE.stream(), (packed ? PACKED : SPLIT).stream())
                .toList();
        dieAt(packed, all, 1, 7, 400);
    }

    /** Some places are reached once or twice in a life: those only die at their first time. */
    private static boolean isOfBeginning(String place) {
        return place.contains("recover") || place.startsWith("ring.") || place.equals("resubmit");
    }

    private void dieAt(boolean packed, List<String> places, int... times) throws Exception {
        try (MonitorLoad load = new MonitorLoad(folder, packed, 5)) {
            int deaths = 0;
            for (String place : places) {
                for (int time : times) {
                    if (isOfBeginning(place) && time != times[0]) {
                        continue;
                    }
                    int hit = isOfBeginning(place) ? 1 : rare(place) ? Math.min(time, 2) : time;
                    boolean died = false;
                    for (int life = 0; !died && life < MOST_LIVES; life++) {
                        died = load.diesAt(place + ":" + hit);
                    }
                    assertThat(died).as(place + " is reached").isTrue();
                    System.out.println("died at " + place + ":" + hit);
                    deaths++;
                }
            }
            System.out.printf(
                    "%d deaths at %d places, packed %s: %d requests verified%n",
                    deaths, places.size(), packed, load.finish());
        }
    }

    private static boolean rare(String place) {
        return place.contains("retaken") || place.startsWith("resubmit");
    }
}
