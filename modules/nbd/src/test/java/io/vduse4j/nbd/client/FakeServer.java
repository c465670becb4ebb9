package io.vduse4j.nbd.client;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;

/** A server that says exactly what a test wants, right or wrong, to each client in turn. */
final class FakeServer implements AutoCloseable {
    /** One conversation. */
    @FunctionalInterface
    interface Script {
        /** Talks; the connection ends with it. */
        void talk(DataInputStream in, DataOutputStream out) throws IOException;
    }

    private final ServerSocketChannel listener;
    private final Path path;

    FakeServer(Path path, Script script) throws IOException {
        this.path = path;
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(path));
        Thread.ofPlatform().daemon().start(() -> serve(script));
    }

    private void serve(Script script) {
        while (listener.isOpen()) {
            try (var channel = listener.accept();
                    var in = new DataInputStream(Channels.newInputStream(channel));
                    var out = new DataOutputStream(Channels.newOutputStream(channel))) {
                script.talk(in, out);
            } catch (IOException gone) {
                // The client has gone, or the test has ended.
            }
        }
    }

    String uri(String query) {
        return "nbd+unix:///disk?socket=" + path + query;
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
