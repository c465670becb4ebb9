package io.vduse4j.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
final class RpcServerTest {
    /** A thread for each: the common pool has too few. */
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LINE = Duration.ofMillis(500);

    @TempDir
    private Path folder;

    private final CountDownLatch mayGoOn = new CountDownLatch(1);
    private Path path;
    private RpcServer server;

    @BeforeEach
    void listen() throws IOException {
        path = folder.resolve("s");
        server = RpcServer.listen(path, this::call, LINE);
    }

    @AfterEach
    void close() throws IOException {
        mayGoOn.countDown();
        server.close();
        assertThat(path).doesNotExist();
    }

    private Object call(String method, Map<String, Object> params) throws IOException {
        return switch (method) {
            case "echo" -> params;
            case "large" -> "x".repeat(8 << 20);
            case "wait" -> {
                try {
                    yield mayGoOn.await(30, TimeUnit.SECONDS);
                } catch (InterruptedException end) {
                    throw new IOException(end);
                }
            }
            case "busy" -> throw new LinuxException("open", "db0", Errno.EBUSY, "end it");
            case "fault" -> throw new IllegalStateException("ours");
            case "odd" -> new Object();
            default -> throw new RpcException(RpcException.METHOD_NOT_FOUND, "no method " + method);
        };
    }

    private Object ask(String method, Map<String, ?> params) throws IOException {
        try (var client = RpcClient.connect(path)) {
            return client.call(method, params, PATIENCE);
        }
    }

    private SocketChannel raw() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(path));
    }

    private static void send(SocketChannel channel, String text) throws IOException {
        var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Reads to the end of the connection. */
    private static String rest(SocketChannel channel) {
        try {
            return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Test
    void callsAreAnswered() throws Exception {
        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        var params = Map.of("a", List.of(1L, "é"), "b", true);
        try (var client = RpcClient.connect(path)) {
            for (int i = 0; i < 100; i++) {
                assertThat(client.call("echo", params, PATIENCE)).isEqualTo(params);
            }
        }
        assertThat((String) ask("large", Map.of())).hasSize(8 << 20);
    }

    @Test
    void failuresArriveAsTheyWereThrown() {
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> ask("busy", Map.of()))
                .withMessage("open db0: device or resource busy (EBUSY): end it")
                .matches(failure ->
                        failure.errno() == Errno.EBUSY && failure.detail().equals("end it"));
        assertThatExceptionOfType(RpcException.class)
                .isThrownBy(() -> ask("none", Map.of()))
                .matches(failure -> failure.code() == RpcException.METHOD_NOT_FOUND);
        for (var method : List.of("fault", "odd")) {
            assertThatExceptionOfType(RpcException.class)
                    .isThrownBy(() -> ask(method, Map.of()))
                    .withMessageStartingWith("internal error: ")
                    .matches(failure -> failure.code() == RpcException.INTERNAL_ERROR);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"busy\"} | {\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":-32000,"
                        + "\"message\":\"open db0: device or resource busy (EBUSY): end it\",\"data\":{\"kind\":\"busy\",\"errno\":16,"
                        + "\"name\":\"EBUSY\",\"call\":\"open\",\"object\":\"db0\",\"hint\":\"end it\"}}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"} | {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
                "hello | {\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"not JSON: ",
                "[] | {\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,",
                "{\"id\":1,\"method\":\"echo\"} | {\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32600,",
                "{\"jsonrpc\":\"2.0\",\"method\":\"echo\"} | {\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,",
                "{\"jsonrpc\":\"2.0\",\"id\":1} | {\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32600,",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":[]} | {\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,"
            })
    void everyLineHasItsAnswer(String line, String answer) throws Exception {
        try (var channel = raw()) {
            send(channel, line + "\n\n");
            channel.shutdownOutput();
            var lines = rest(channel).split("\n", -1);
            assertThat(lines).hasSize(3);
            assertThat(lines[0]).startsWith(answer);
            assertThat(lines[1]).as("of the empty line").contains("-32700");
        }
    }

    @Test
    void linesMayComeInAnyPieces() throws Exception {
        var lines = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}\n".repeat(3);
        try (var channel = raw()) {
            for (var unit : lines.split("", -1)) {
                send(channel, unit);
            }
            channel.shutdownOutput();
            assertThat(rest(channel)).isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n".repeat(3));
        }
    }

    @Test
    void aLineThatIsTooLongOrNoUtf8EndsTheConnection() throws Exception {
        try (var channel = raw()) {
            send(channel, " ".repeat(RpcServer.MOST_BYTES));
            assertThat(rest(channel)).contains("a line has at most 65536 bytes");
        }
        try (var channel = raw()) {
            channel.write(ByteBuffer.wrap(new byte[] {'"', (byte) 0xff, '"', '\n'}));
            assertThat(rest(channel)).contains("a line that is not UTF-8");
        }
        try (var channel = raw()) {
            var call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}";
            send(channel, " ".repeat(RpcServer.MOST_BYTES - 1 - call.length()) + call + "\n");
            channel.shutdownOutput();
            assertThat(rest(channel)).as("the longest").contains("\"result\"");
        }
    }

    @Test
    void halfALineIsNotWaitedForLong() throws Exception {
        try (var channel = raw()) {
            send(channel, "{");
            long start = System.nanoTime();
            assertThat(rest(channel)).contains("ETIMEDOUT");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(LINE.dividedBy(2), LINE.multipliedBy(20));
        }
    }

    @Test
    void whoNeverReadsIsLetGo() throws Exception {
        try (var channel = raw()) {
            send(channel, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"large\"}\n");
            Thread.sleep(LINE.multipliedBy(4));
            assertThat(rest(channel).length()).as("what was left in the socket").isLessThan(8 << 20);
        }
    }

    @Test
    void clientsThatAreSlowOrBadDisturbNobody() throws Exception {
        var others = new ArrayList<SocketChannel>();
        try {
            for (int i = 0; i < 8; i++) {
                others.add(raw());
                send(others.getLast(), "{\"jsonrpc\":");
                others.add(raw());
                send(others.getLast(), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"large\"}\n");
                others.add(raw());
                send(others.getLast(), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"wait\"}\n");
            }
            long start = System.nanoTime();
            assertThat(ask("echo", Map.of("x", 1L))).isEqualTo(Map.of("x", 1L));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        } finally {
            for (var other : others) {
                other.close();
            }
        }
    }

    @Test
    void thereAreOnlySoManyClients() throws Exception {
        var idle = new ArrayList<SocketChannel>();
        try {
            for (int i = 0; i < RpcServer.MOST_CLIENTS; i++) {
                idle.add(raw());
                send(idle.getLast(), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}\n");
                assertThat(idle.getLast().read(ByteBuffer.allocate(100))).isPositive();
            }
            assertThatExceptionOfType(LinuxException.class)
                    .isThrownBy(() -> ask("echo", Map.of()))
                    .withMessageContaining("it has 32 clients already");
            idle.getFirst().close();
            awaitRoom();
        } finally {
            for (var one : idle) {
                one.close();
            }
        }
    }

    private void awaitRoom() throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                ask("echo", Map.of());
                return;
            } catch (IOException full) {
                assertThat(System.nanoTime() - deadline).isNegative();
                Thread.sleep(20);
            }
        }
    }

    @Test
    void rubbishDoesNoHarm() throws Exception {
        var random = new Random(7);
        for (int i = 0; i < 300; i++) {
            var bytes = new byte[1 + random.nextInt(2000)];
            random.nextBytes(bytes);
            try (var channel = raw()) {
                channel.write(ByteBuffer.wrap(bytes));
            }
        }
        awaitRoom();
    }

    @Test
    void anEndDuringACallIsTold() throws Exception {
        var call = CompletableFuture.supplyAsync(this::waitingAnswer, THREADS);
        Thread.sleep(200);
        server.close();
        assertThat(call.get(30, TimeUnit.SECONDS)).contains("ECONNRESET");
    }

    private String waitingAnswer() {
        try {
            return ask("wait", Map.of()).toString();
        } catch (IOException failure) {
            return failure.getMessage();
        }
    }

    @Test
    void twoServersDoNotShareAPath() {
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> RpcServer.listen(path, this::call))
                .matches(failure -> failure.errno() == Errno.EADDRINUSE);
    }

    @Test
    void withoutAServerThereIsAHint() {
        for (var where : List.of(folder.resolve("none"), folder.resolve("none/none"))) {
            assertThatExceptionOfType(LinuxException.class)
                    .isThrownBy(() -> RpcClient.connect(where))
                    .withMessageContaining("start one with \"vduse daemon\"")
                    .matches(failure -> failure.errno() == Errno.ENOENT);
        }
    }
}
