package io.vduse4j.daemon;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Lines of UTF-8 over a socket, each bounded in length and time. One thread at a time. */
final class RpcLines {
    private static final int FIRST_BYTES = 4096;

    private final UnixSocket socket;
    private final int most;
    private byte[] bytes = new byte[FIRST_BYTES];
    private int filled;
    /** Before this there is no line break. */
    private int searched;

    /**
     * Reads and writes lines.
     *
     * @param socket stays the caller's
     * @param most bytes of a line that is received, its break included
     */
    RpcLines(UnixSocket socket, int most) {
        this.socket = socket;
        this.most = most;
    }

    /**
     * Receives a line.
     *
     * @param idle how long to wait for its first byte
     * @param whole how long to wait for the rest
     * @return the line without its break; empty if the peer has closed and there is none. What was begun is lost then
     * @throws LinuxException ETIMEDOUT, EMSGSIZE if it is too long, EILSEQ if it is no UTF-8
     */
    Optional<String> receive(Duration idle, Duration whole) throws LinuxException {
        long deadline = System.nanoTime() + (filled == 0 ? idle : whole).toNanos();
        while (true) {
            while (searched < filled) {
                if (bytes[searched++] == '\n') {
                    return Optional.of(take(searched));
                }
            }
            if (filled == most) {
                throw refused(Errno.EMSGSIZE, "a line has at most " + most + " bytes");
            }
            if (filled == bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.min(most, 2 * bytes.length));
            }
            boolean first = filled == 0;
            var left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            var received = socket.receive(ByteBuffer.wrap(bytes, filled, bytes.length - filled), 0, left);
            if (received.isEnd()) {
                return Optional.empty();
            }
            filled += (int) received.length();
            if (first) {
                deadline = System.nanoTime() + whole.toNanos();
            }
        }
    }

    private String take(int length) throws LinuxException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, 0, length - 1))
                    .toString();
        } catch (CharacterCodingException wrong) {
            throw refused(Errno.EILSEQ, "a line that is not UTF-8");
        } finally {
            System.arraycopy(bytes, length, bytes, 0, filled - length);
            filled -= length;
            searched = 0;
        }
    }

    private LinuxException refused(int errno, String why) {
        return new LinuxException("receive", socket.fd().name(), errno, why);
    }

    /** Sends text, which ends with a line break. */
    void send(String text, Duration timeout) throws IOException {
        socket.send(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), List.of(), timeout);
    }
}
