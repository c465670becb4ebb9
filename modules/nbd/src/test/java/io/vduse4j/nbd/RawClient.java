package io.vduse4j.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.nbd.wire.Nbd;
import io.vduse4j.nbd.wire.Nbd.Chunk;
import io.vduse4j.nbd.wire.Nbd.Command;
import io.vduse4j.nbd.wire.Nbd.Info;
import io.vduse4j.nbd.wire.Nbd.Option;
import io.vduse4j.nbd.wire.Nbd.OptionReply;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A client that says exactly what a test wants, right or wrong. */
final class RawClient implements AutoCloseable {
    private final SocketChannel channel;
    private final DataInputStream in;

    RawClient(SocketAddress address) throws IOException {
        channel = SocketChannel.open(address);
        in = new DataInputStream(Channels.newInputStream(channel));
    }

    /** A reply to an option. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Answer(int option, int type, byte[] data) {
        String text() {
            return new String(data, StandardCharsets.UTF_8);
        }
    }

    /** A simple reply, without what it carries. */
    record Simple(int error, long cookie) {}

    /** A chunk of a structured reply. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Part(int flags, int type, long cookie, byte[] data) {
        ByteBuffer buffer() {
            return ByteBuffer.wrap(data);
        }

        /** Of a block status: length and state of each extent. */
        int[] extents() {
            assertThat(type).isEqualTo(Chunk.BLOCK_STATUS);
            var all = buffer();
            assertThat(all.getInt()).isEqualTo(Session.ALLOCATION_ID);
            var numbers = new int[all.remaining() / 4];
            all.asIntBuffer().get(numbers);
            return numbers;
        }
    }

    /** Connects and takes the greeting. */
    static RawClient greeted(SocketAddress address) throws IOException {
        var client = new RawClient(address);
        client.greeting();
        client.send(ByteBuffer.allocate(4).putInt(3));
        return client;
    }

    /** Connects and begins, with simple replies. */
    static RawClient begun(SocketAddress address, String name) throws IOException {
        var client = greeted(address);
        client.begin(name);
        return client;
    }

    /** Connects and begins, with structured replies and base:allocation. */
    static RawClient structured(SocketAddress address, String name) throws IOException {
        var client = greeted(address);
        client.option(Option.STRUCTURED_REPLY, new byte[0]);
        assertThat(client.answer().type()).isEqualTo(OptionReply.ACK);
        client.option(Option.SET_META_CONTEXT, queries(name, "base:allocation"));
        assertThat(client.answer().type()).isEqualTo(OptionReply.META_CONTEXT);
        assertThat(client.answer().type()).isEqualTo(OptionReply.ACK);
        client.begin(name);
        return client;
    }

    void greeting() throws IOException {
        assertThat(in.readLong()).isEqualTo(Nbd.INIT_MAGIC);
        assertThat(in.readLong()).isEqualTo(Nbd.OPTION_MAGIC);
        assertThat(in.readUnsignedShort()).isEqualTo(3);
    }

    /** Sends GO and returns the transmission flags. */
    int begin(String name) throws IOException {
        option(Option.GO, go(name, Info.BLOCK_SIZE));
        int flags = -1;
        for (var answer = answer(); answer.type() != OptionReply.ACK; answer = answer()) {
            assertThat(answer.type()).as(answer.text()).isEqualTo(OptionReply.INFO);
            var data = ByteBuffer.wrap(answer.data());
            if (data.getShort() == Info.EXPORT) {
                flags = Short.toUnsignedInt(data.getShort(10));
            }
        }
        return flags;
    }

    static byte[] go(String name, int... infos) {
        var bytes = name.getBytes(StandardCharsets.UTF_8);
        var data = ByteBuffer.allocate(6 + bytes.length + 2 * infos.length)
                .putInt(bytes.length)
                .put(bytes)
                .putShort((short) infos.length);
        for (int info : infos) {
            data.putShort((short) info);
        }
        return data.array();
    }

    static byte[] queries(String name, String... queries) {
        var data = ByteBuffer.allocate(4096);
        var bytes = name.getBytes(StandardCharsets.UTF_8);
        data.putInt(bytes.length).put(bytes).putInt(queries.length);
        for (var query : queries) {
            data.putInt(query.length()).put(query.getBytes(StandardCharsets.UTF_8));
        }
        return java.util.Arrays.copyOf(data.array(), data.position());
    }

    void option(int option, byte[] data) throws IOException {
        send(optionBytes(option, data));
    }

    static ByteBuffer optionBytes(int option, byte[] data) {
        return ByteBuffer.allocate(16 + data.length)
                .putLong(Nbd.OPTION_MAGIC)
                .putInt(option)
                .putInt(data.length)
                .put(data);
    }

    Answer answer() throws IOException {
        assertThat(in.readLong()).isEqualTo(Nbd.OPTION_REPLY_MAGIC);
        int option = in.readInt();
        int type = in.readInt();
        return new Answer(option, type, in.readNBytes(in.readInt()));
    }

    void request(int command, int flags, long cookie, long offset, long length) throws IOException {
        send(requestBytes(command, flags, cookie, offset, length));
    }

    static ByteBuffer requestBytes(int command, int flags, long cookie, long offset, long length) {
        return ByteBuffer.allocate(Nbd.REQUEST_BYTES)
                .putInt(Nbd.REQUEST_MAGIC)
                .putShort((short) flags)
                .putShort((short) command)
                .putLong(cookie)
                .putLong(offset)
                .putInt((int) length);
    }

    void write(int flags, long cookie, long offset, byte[] data) throws IOException {
        request(Command.WRITE, flags, cookie, offset, data.length);
        send(ByteBuffer.allocate(data.length).put(data));
    }

    Simple simple() throws IOException {
        assertThat(in.readInt()).isEqualTo(Nbd.SIMPLE_REPLY_MAGIC);
        return new Simple(in.readInt(), in.readLong());
    }

    Part part() throws IOException {
        assertThat(in.readInt()).isEqualTo(Nbd.STRUCTURED_REPLY_MAGIC);
        int flags = in.readUnsignedShort();
        int type = in.readUnsignedShort();
        return new Part(flags, type, in.readLong(), in.readNBytes(in.readInt()));
    }

    byte[] bytes(int count) throws IOException {
        var bytes = in.readNBytes(count);
        assertThat(bytes).hasSize(count);
        return bytes;
    }

    long number() throws IOException {
        return in.readLong();
    }

    int flags() throws IOException {
        return in.readUnsignedShort();
    }

    /** Sends the bytes up to the position. */
    void send(ByteBuffer filled) throws IOException {
        filled.flip();
        while (filled.hasRemaining()) {
            channel.write(filled);
        }
    }

    /** Whether the server has hung up; waits for it. */
    boolean isDisconnected() {
        try {
            return in.read() < 0;
        } catch (IOException reset) {
            return true;
        }
    }

    void endOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
