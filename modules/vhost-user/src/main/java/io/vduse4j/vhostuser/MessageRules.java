package io.vduse4j.vhostuser;

import java.util.Optional;

/** What is wrong with a message by itself: its number, flags, size, and how many descriptors came (VU-06). */
final class MessageRules {

    private MessageRules() {}

    /**
     * Checks a message.
     *
     * @return the request
     * @throws RefusedException with what is wrong
     */
    static VhostUserRequest check(Message message, Optional<VhostUserRequest> known) throws RefusedException {
        VhostUserRequest request = known.orElseThrow(() -> new RefusedException("not known, or not offered"));
        int size = message.payload().capacity();
        if ((message.flags() & VhostUserWire.REPLY) != 0) {
            throw new RefusedException("it has the flag of a reply");
        }
        if (size < request.least() || size > request.most()) {
            throw new RefusedException("a payload of " + size + " bytes, not " + request.least()
                    + (request.least() == request.most() ? "" : " to " + request.most()));
        }
        long wanted = switch (request.descriptors()) {
            case NONE -> 0;
            case ONE -> 1;
            case BY_FLAG -> (message.payload().getLong(0) & VhostUserWire.NO_DESCRIPTOR) == 0 ? 1 : 0;
            case EACH -> regions(message);
            case IGNORED -> Math.min(message.received(), 1);
        };
        if (message.received() != wanted) {
            throw new RefusedException(message.received() + " descriptors, not " + wanted);
        }
        return request;
    }

    private static long regions(Message message) throws RefusedException {
        long count = Integer.toUnsignedLong(message.payload().getInt(0));
        long bytes = message.payload().capacity();
        if (count > VhostUserWire.MAX_TABLE_REGIONS || bytes != 8 + count * VhostUserWire.REGION_BYTES) {
            throw new RefusedException(Long.toString(count) + " regions in a payload of " + bytes + " bytes");
        }
        return count;
    }
}
