package io.vduse4j.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.block.contract.GuestMemory;
import io.vduse4j.block.contract.Worker;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.nbd.client.FakeServer.Script;
import io.vduse4j.nbd.wire.Nbd;
import io.vduse4j.nbd.wire.Nbd.Info;
import io.vduse4j.nbd.wire.Nbd.Option;
import io.vduse4j.nbd.wire.Nbd.OptionReply;
import io.vduse4j.nbd.wire.Nbd.Transmission;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers that break the protocol, and old ones (T7). */
@Timeout(60)
class HostileServerTest {
    private static final int FLAGS = Transmission.HAS_FLAGS | Transmission.SEND_FLUSH;

    @TempDir
    Path folder;

    private int count;

    private void refused(int errno, String says, Script script) throws Exception {
        try (var server = new FakeServer(folder.resolve("s" + count++), script)) {
            assertThatThrownBy(() -> Backends.open(server.uri(""), BackendOptions.NONE))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            problem -> assertThat(problem.errno())
                                    .as(problem.getMessage())
                                    .isEqualTo(errno))
                    .hasMessageContaining(says);
        }
    }

    /** The greeting, and the client's GO. */
    private static void greet(DataInputStream in, DataOutputStream out) throws IOException {
        out.writeLong(Nbd.INIT_MAGIC);
        out.writeLong(Nbd.OPTION_MAGIC);
        out.writeShort(3);
        assertThat(in.readInt()).isEqualTo(3);
        option(in, Option.GO);
    }

    private static byte[] option(DataInputStream in, int option) throws IOException {
        assertThat(in.readLong()).isEqualTo(Nbd.OPTION_MAGIC);
        assertThat(in.readInt()).isEqualTo(option);
        return in.readNBytes(in.readInt());
    }

    private static void reply(DataOutputStream out, int type, int length) throws IOException {
        out.writeLong(Nbd.OPTION_REPLY_MAGIC);
        out.writeInt(Option.GO);
        out.writeInt(type);
        out.writeInt(length);
    }

    private static void export(DataOutputStream out, long size) throws IOException {
        reply(out, OptionReply.INFO, 12);
        out.writeShort(Info.EXPORT);
        out.writeLong(size);
        out.writeShort(FLAGS);
    }

    private static void blocks(DataOutputStream out, int least, int preferred, int most) throws IOException {
        reply(out, OptionReply.INFO, 14);
        out.writeShort(Info.BLOCK_SIZE);
        out.writeInt(least);
        out.writeInt(preferred);
        out.writeInt(most);
    }

    private static void ack(DataOutputStream out) throws IOException {
        reply(out, OptionReply.ACK, 0);
    }

    @Test
    void whatIsNotTheProtocolIsSaidSo() throws Exception {
        refused(Errno.EPROTO, "no NBD server", (in, out) -> out.writeBytes("220 smtp.example.org ESMTP, hello"));
        refused(Errno.EPROTO, "no NBD server", (in, out) -> {
            out.writeLong(Nbd.INIT_MAGIC);
            out.writeLong(0x00420281861253L);
        });
        refused(Errno.EPROTO, "does not belong", (in, out) -> {
            greet(in, out);
            out.writeLong(1);
            out.writeInt(Option.GO);
        });
        refused(Errno.EPROTO, "a reply of 65537 bytes", (in, out) -> {
            greet(in, out);
            reply(out, OptionReply.INFO, 65_537);
        });
        refused(Errno.EPROTO, "wrong length", (in, out) -> {
            greet(in, out);
            reply(out, OptionReply.INFO, 3);
            out.write(new byte[3]);
        });
        refused(Errno.EPROTO, "how large", (in, out) -> {
            greet(in, out);
            ack(out);
        });
        refused(Errno.EPROTO, "more than 64 replies", (in, out) -> {
            greet(in, out);
            while (true) {
                export(out, 4096);
            }
        });
    }

    @Test
    void impossibleNumbersAreRefused() throws Exception {
        refused(Errno.EINVAL, "more than 63 bits", (in, out) -> {
            greet(in, out);
            export(out, -512);
            ack(out);
        });
        refused(Errno.EINVAL, "an odd size", (in, out) -> {
            greet(in, out);
            export(out, 1000);
            ack(out);
        });
        for (int least : new int[] {0, 3, -1, 8192}) {
            refused(Errno.EINVAL, "block", (in, out) -> {
                greet(in, out);
                export(out, 1 << 20);
                blocks(out, least, 4096, 1 << 20);
                ack(out);
            });
        }
        refused(Errno.EINVAL, "shorter than a block", (in, out) -> {
            greet(in, out);
            export(out, 1 << 20);
            blocks(out, 1, 4096, 511);
            ack(out);
        });
    }

    @Test
    void errorsOfTheHandshakeHaveTheirNumberAndText() throws Exception {
        int[][] pairs = {
            {OptionReply.ERR_UNKNOWN, Errno.ENOENT},
            {OptionReply.ERR_POLICY, Errno.EACCES},
            {OptionReply.ERR_TLS_REQD, Errno.EPROTONOSUPPORT},
            {OptionReply.ERR_SHUTDOWN, Errno.ESHUTDOWN}
        };
        for (var pair : pairs) {
            refused(pair[1], "sorry [1m", (in, out) -> {
                greet(in, out);
                reply(out, pair[0], 10);
                out.write("sorry\u001b[1m".getBytes(StandardCharsets.UTF_8));
                out.write('!');
            });
        }
    }

    private interface Use {
        void with(Backend backend, Worker worker, Request request) throws Exception;
    }

    private void use(String query, Script script, Use use) throws Exception {
        try (var server = new FakeServer(folder.resolve("s" + count++), script);
                var backend = Backends.open(server.uri(query), BackendOptions.NONE);
                var worker = new Worker(backend, 1);
                var memory = new GuestMemory(8192)) {
            Iovecs.set(memory.address(), 0, memory.address() + 4096, 512);
            var request = new Request();
            request.length = 512;
            request.iov = memory.address();
            request.iovCount = 1;
            use.with(backend, worker, request);
        }
    }

    /** Says that the export has a mebibyte, and reads the first request: returns its cookie. */
    private static long begin(DataInputStream in, DataOutputStream out) throws IOException {
        greet(in, out);
        export(out, 1 << 20);
        ack(out);
        return request(in);
    }

    private static long request(DataInputStream in) throws IOException {
        assertThat(in.readInt()).isEqualTo(Nbd.REQUEST_MAGIC);
        in.readInt();
        long cookie = in.readLong();
        in.readLong();
        in.readInt();
        return cookie;
    }

    private static void simple(DataOutputStream out, int error, long cookie) throws IOException {
        out.writeInt(Nbd.SIMPLE_REPLY_MAGIC);
        out.writeInt(error);
        out.writeLong(cookie);
    }

    @Test
    void aReplyThatFitsNoRequestEndsTheConnectionAndNoRequest() throws Exception {
        Script[] liars = {
            (in, out) -> simple(out, 0, begin(in, out) + 1),
            (in, out) -> simple(out, 0, begin(in, out) + 128),
            (in, out) -> {
                begin(in, out);
                out.writeLong(42);
                out.writeLong(42);
            },
            (in, out) -> {
                simple(out, 0, begin(in, out));
                out.write(new byte[511]);
            }
        };
        for (var liar : liars) {
            use(
                    "&reconnect=5",
                    liar,
                    (backend, worker, request) ->
                            assertThat(worker.run(request)).isEqualTo(Errno.EIO));
        }
    }

    @Test
    void aReplyIsTakenOnce() throws Exception {
        Script twice = (in, out) -> {
            long cookie = begin(in, out);
            for (int i = 0; i < 2; i++) {
                simple(out, 0, cookie);
                out.write(new byte[512]);
            }
            in.read();
        };
        use("", twice, (backend, worker, request) -> {
            assertThat(worker.run(request)).isZero();
            assertThat(worker.run(request)).isZero();
        });
    }

    @Test
    void anUnknownErrorIsEinval() throws Exception {
        use(
                "",
                (in, out) -> simple(out, 4711, begin(in, out)),
                (backend, worker, request) -> assertThat(worker.run(request)).isEqualTo(Errno.EINVAL));
    }

    /** One without GO is asked with EXPORT_NAME; and one without the fixed newstyle is not asked for GO at all. */
    @Test
    void oldServersAreServersToo() throws Exception {
        for (int flags : new int[] {0, 1, 3}) {
            Script old = (in, out) -> {
                out.writeLong(Nbd.INIT_MAGIC);
                out.writeLong(Nbd.OPTION_MAGIC);
                out.writeShort(flags);
                assertThat(in.readInt()).isEqualTo(flags);
                if (flags != 0) {
                    option(in, Option.GO);
                    reply(out, OptionReply.ERR_UNSUP, 0);
                }
                assertThat(option(in, Option.EXPORT_NAME)).isEqualTo("disk".getBytes(StandardCharsets.UTF_8));
                out.writeLong(1 << 20);
                out.writeShort(FLAGS);
                out.write(new byte[flags == 3 ? 0 : Nbd.Handshake.ZEROES]);
                simple(out, 0, request(in));
                out.write(new byte[512]);
                in.read();
            };
            use("", old, (backend, worker, request) -> {
                assertThat(backend.size()).isEqualTo(1 << 20);
                assertThat(worker.run(request)).isZero();
            });
        }
    }
}
