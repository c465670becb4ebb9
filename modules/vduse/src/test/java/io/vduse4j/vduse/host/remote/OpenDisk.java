package io.vduse4j.vduse.host.remote;

import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A node of a server, open. */
abstract class OpenDisk {
    @TempDir
    private Path folder;

    RemoteRig rig;
    ScriptedDevice disk;
    VduseNode node;

    @BeforeEach
    void open() throws IOException {
        rig = new RemoteRig(folder);
        disk = rig.served.device("disk0");
        node = rig.client.open("disk0");
    }

    @AfterEach
    void close() throws IOException {
        node.close();
        rig.awaitNothingLeft();
        rig.close();
    }
}
