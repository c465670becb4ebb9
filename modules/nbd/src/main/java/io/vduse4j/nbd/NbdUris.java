package io.vduse4j.nbd;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;

/** Writes NBD URIs as the URI specification of the NBD project has them. */
final class NbdUris {
    private NbdUris() {}

    /** What stands for itself in a path and in a query (RFC 3986, 2.3), and the slash. */
    private static final String PLAIN = "-._~/";

    static String of(SocketAddress address, String export) {
        if (address instanceof InetSocketAddress inet) {
            var host = inet.getAddress().getHostAddress();
            return "nbd://" + (inet.getAddress() instanceof Inet6Address ? "[" + host + "]" : host) + ":"
                    + inet.getPort() + "/" + escape(export);
        }
        return "nbd+unix:///" + escape(export) + "?socket=" + escape(address.toString());
    }

    private static String escape(String text) {
        var escaped = new StringBuilder();
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            char sign = (char) (value & 0xff);
            if (sign < 128 && (Character.isLetterOrDigit(sign) || PLAIN.indexOf(sign) >= 0)) {
                escaped.append(sign);
            } else {
                escaped.append('%').append(String.format("%02X", (int) sign));
            }
        }
        return escaped.toString();
    }
}
