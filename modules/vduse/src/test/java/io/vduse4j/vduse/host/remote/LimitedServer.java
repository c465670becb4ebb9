package io.vduse4j.vduse.host.remote;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server with low limits, which a good client uses before and after each test. */
abstract class LimitedServer {
    static final ServerLimits LIMITS = new ServerLimits(4, 8, 3, 16, Duration.ofSeconds(1));

    @TempDir
    private Path folder;

    RemoteRig rig;

    @BeforeEach
    void open() throws IOException {
        rig = new RemoteRig(folder, LIMITS);
    }

    /** The good client never notices. */
    @AfterEach
    void close() throws IOException {
        rig.awaitNothingLeft();
        rig.client.open("disk0").close();
        rig.close();
    }
}
