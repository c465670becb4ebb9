package io.vduse4j.nbd.client;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.nbd.wire.Nbd;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a user wrote: {@code nbd://HOST[:PORT]/EXPORT} or {@code nbd+unix:///EXPORT?socket=PATH}, with options in the query.
 *
 * @param host name or address; empty for a Unix socket
 * @param port of TCP
 * @param socket path of the Unix socket; empty for TCP
 * @param export name at the server; empty for its default
 * @param connections most that are used, where the server allows several ({@code connections=}, 1 to 8)
 * @param reconnect how long requests wait for a server that is gone ({@code reconnect=} seconds, 0 to 86400)
 * @param timeout after what silence of a server that owes a reply it counts as gone ({@code timeout=} seconds, 1 to 3600)
 */
record NbdAddress(
        Optional<String> host,
        int port,
        Optional<String> socket,
        String export,
        int connections,
        Duration reconnect,
        Duration timeout) {

    static final String TCP = "nbd";
    static final String UNIX = "nbd+unix";

    private static final int MOST_CONNECTIONS = 8;
    private static final int DEFAULT_CONNECTIONS = 2;
    private static final int MOST_RECONNECT = 86_400;

    /** A server that is started anew, or a network that is gone for a moment, is back by then. */
    private static final int DEFAULT_RECONNECT = 60;

    private static final int MOST_TIMEOUT = 3600;

    /** A flush of a large cache to a slow disk takes long, and nothing else need be answered meanwhile. */
    private static final int DEFAULT_TIMEOUT = 120;

    /**
     * Reads a URI.
     *
     * @throws LinuxException EINVAL with what is wrong
     */
    static NbdAddress parse(String text) throws LinuxException {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException problem) {
            throw refused(text, problem.getReason() + ": write other characters as %XX");
        }
        boolean unix = UNIX.equals(uri.getScheme());
        if (uri.isOpaque() || uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
            throw refused(text, form(unix));
        }
        var query = query(text, Optional.ofNullable(uri.getRawQuery()).orElse(""));
        var socket =
                Optional.ofNullable(query.remove("socket")).filter(path -> !path.isEmpty() && path.indexOf('\0') < 0);
        var host = Optional.ofNullable(uri.getHost());
        if (unix ? socket.isEmpty() || uri.getRawAuthority() != null : host.isEmpty() || socket.isPresent()) {
            throw refused(text, form(unix));
        }
        int connections = number(text, query, "connections", 1, MOST_CONNECTIONS, DEFAULT_CONNECTIONS);
        int reconnect = number(text, query, "reconnect", 0, MOST_RECONNECT, DEFAULT_RECONNECT);
        int timeout = number(text, query, "timeout", 1, MOST_TIMEOUT, DEFAULT_TIMEOUT);
        if (!query.isEmpty()) {
            throw refused(
                    text,
                    "there is no option " + query.keySet().iterator().next() + ", only connections, reconnect, timeout"
                            + (unix ? ", socket" : ""));
        }
        var path = uri.getPath();
        var export = path.startsWith("/") ? path.substring(1) : path;
        if (export.getBytes(StandardCharsets.UTF_8).length > Nbd.MAX_STRING) {
            throw refused(text, "the name of an export has at most " + Nbd.MAX_STRING + " bytes");
        }
        int port = uri.getPort() < 0 ? Nbd.DEFAULT_PORT : uri.getPort();
        return new NbdAddress(
                host, port, socket, export, connections, Duration.ofSeconds(reconnect), Duration.ofSeconds(timeout));
    }

    private static String form(boolean unix) {
        return unix ? "write nbd+unix:///EXPORT?socket=PATH" : "write nbd://HOST:PORT/EXPORT";
    }

    private static Map<String, String> query(String text, String query) throws LinuxException {
        var found = new HashMap<String, String>();
        for (var pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                // A plus is a plus here, not a space as in forms.
                var value = URLDecoder.decode(pair.substring(equals + 1).replace("+", "%2B"), StandardCharsets.UTF_8);
                if (found.put(pair.substring(0, equals), value) != null) {
                    throw refused(text, pair.substring(0, equals) + " is there twice");
                }
            } else if (!pair.isEmpty()) {
                throw refused(text, "the option " + pair + " has no value");
            }
        }
        return found;
    }

    private static int number(String text, Map<String, String> query, String name, int least, int most, int usual)
            throws LinuxException {
        var value = query.remove(name);
        if (value == null) {
            return usual;
        }
        if (value.matches("[0-9]{1,6}")) {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        }
        throw refused(text, name + " is a number from " + least + " to " + most);
    }

    private static LinuxException refused(String text, String hint) {
        return new LinuxException("open", text, Errno.EINVAL, hint);
    }

    /** Where to connect to. Looks names up, which may take long: not for virtual threads. */
    SocketAddress resolve() {
        return socket.isPresent()
                ? UnixDomainSocketAddress.of(socket.get())
                : new InetSocketAddress(host.orElseThrow(), port);
    }

    /** The URI without its options. */
    @Override
    public String toString() {
        return socket.isPresent()
                ? UNIX + ":///" + export + "?socket=" + socket.get()
                : TCP + "://" + host.orElseThrow() + ":" + port + "/" + export;
    }
}
