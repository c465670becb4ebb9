package io.vduse4j.nbd;

import io.vduse4j.linux.Errno;
import io.vduse4j.nbd.wire.Nbd.Command;
import io.vduse4j.nbd.wire.Nbd.CommandFlag;

/** Which requests of a client are well-formed; the errno for those that are not is the one that the protocol names. */
final class RequestRules {
    private final Session session;
    private final NbdTraits traits;

    RequestRules(Session session) {
        this.session = session;
        this.traits = session.export().traits();
    }

    /** Returns 0, or the errno with which the request is refused. */
    int check(int command, int flags, long offset, long length) {
        boolean known = switch (command) {
            case Command.READ, Command.WRITE -> true;
            case Command.FLUSH -> traits.canFlush();
            case Command.TRIM -> traits.readOnly() || traits.canTrim();
            case Command.WRITE_ZEROES -> traits.readOnly() || traits.canWriteZeroes();
            case Command.CACHE -> traits.canCache();
            case Command.BLOCK_STATUS -> session.allocation();
            default -> false;
        };
        if (!known || (flags & ~allowed(command)) != 0) {
            return Errno.EINVAL;
        }
        if (traits.readOnly() && writes(command)) {
            return Errno.EPERM;
        }
        return command == Command.FLUSH ? checkFlush(offset, length) : checkRange(command, offset, length);
    }

    private int allowed(int command) {
        // FUA may stand on any command; it means something on those that write.
        int fua = traits.canFua() ? CommandFlag.FUA : 0;
        return fua
                | switch (command) {
                    case Command.READ -> session.structured() ? CommandFlag.DF : 0;
                    case Command.WRITE_ZEROES -> CommandFlag.NO_HOLE;
                    case Command.BLOCK_STATUS -> CommandFlag.REQ_ONE;
                    default -> 0;
                };
    }

    private static boolean writes(int command) {
        return command == Command.WRITE || command == Command.TRIM || command == Command.WRITE_ZEROES;
    }

    private static int checkFlush(long offset, long length) {
        return offset == 0 && length == 0 ? 0 : Errno.EINVAL;
    }

    private int checkRange(int command, long offset, long length) {
        boolean carries = command == Command.READ || command == Command.WRITE;
        if (length == 0 || (carries && length > NbdLimits.MAX_PAYLOAD)) {
            return Errno.EINVAL;
        }
        // Offsets are 64 bits without a sign: those that look negative lie behind every end (J-04).
        if (offset < 0 || offset > session.size() || length > session.size() - offset) {
            return writes(command) ? Errno.ENOSPC : Errno.EINVAL;
        }
        long unit = traits.minimumBlock();
        return ((offset | length) & (unit - 1)) == 0 ? 0 : Errno.EINVAL;
    }
}
