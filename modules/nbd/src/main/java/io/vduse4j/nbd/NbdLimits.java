package io.vduse4j.nbd;

import java.time.Duration;

/**
 * What clients of one {@link NbdServer} may take (TM-03, BUG-08).
 *
 * @param connections at once; more are disconnected when they come
 * @param handshake how long a handshake may take in all
 * @param options in one handshake
 * @param requests in flight of one connection; more are not read before others have ended
 * @param connectionBytes payload in flight of one connection; at least 32 MiB, the longest request
 * @param serverBytes payload in flight of all connections; at least {@code connectionBytes}
 * @param stall when memory is short, a client that neither takes its replies nor sends what it began for so long is
 *     disconnected
 */
public record NbdLimits(
        int connections,
        Duration handshake,
        int options,
        int requests,
        long connectionBytes,
        long serverBytes,
        Duration stall) {

    /** Longest READ and WRITE in bytes: what the protocol lets clients assume. */
    public static final int MAX_PAYLOAD = 32 << 20;

    /** Enough for everything that was measured, and less than a machine of 1 GiB would miss. */
    public static final NbdLimits DEFAULT =
            new NbdLimits(128, Duration.ofSeconds(10), 256, 256, 64 << 20, 256 << 20, Duration.ofSeconds(5));

    /** Checks what the parameters promise; {@link IllegalArgumentException} names the one that does not hold. */
    public NbdLimits {
        require(connections > 0, "connections", connections);
        require(handshake.isPositive(), "handshake", handshake);
        require(options > 0, "options", options);
        require(requests > 0, "requests", requests);
        require(connectionBytes >= MAX_PAYLOAD, "connectionBytes", connectionBytes);
        require(serverBytes >= connectionBytes, "serverBytes", serverBytes);
        require(stall.isPositive(), "stall", stall);
    }

    /** The same with another number of connections. */
    public NbdLimits withConnections(int most) {
        return new NbdLimits(most, handshake, options, requests, connectionBytes, serverBytes, stall);
    }

    /** The same with another time for a handshake. */
    public NbdLimits withHandshake(Duration time) {
        return new NbdLimits(connections, time, options, requests, connectionBytes, serverBytes, stall);
    }

    /** The same with other bounds of the payload in flight. */
    public NbdLimits withBytes(long ofConnection, long ofServer) {
        return new NbdLimits(connections, handshake, options, requests, ofConnection, ofServer, stall);
    }

    /** The same with another patience for those who hold memory. */
    public NbdLimits withStall(Duration time) {
        return new NbdLimits(connections, handshake, options, requests, connectionBytes, serverBytes, time);
    }

    private static void require(boolean holds, String name, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " = " + value);
        }
    }
}
