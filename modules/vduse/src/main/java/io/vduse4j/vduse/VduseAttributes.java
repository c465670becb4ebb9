package io.vduse4j.vduse;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.NodeName;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;

/** The sysfs attributes of a device. Writing them needs root; it belongs to the set-up of a device, not to serving it. */
public final class VduseAttributes {
    private static final String MSG_TIMEOUT = "msg_timeout";
    private static final String BOUNCE_SIZE = "bounce_size";

    private final VduseHost host;
    private final String device;

    /**
     * Names a device; nothing is asked of the host yet.
     *
     * @throws LinuxException EINVAL for what cannot be the name of a device
     */
    public VduseAttributes(VduseHost host, String device) throws LinuxException {
        NodeName.check("open", device);
        this.host = host;
        this.device = device;
    }

    /**
     * Returns within how many seconds a message must be answered; 0 for no limit. The kernel begins with 30.
     *
     * @throws IOException a {@link LinuxException}: ENOENT when there is no such device
     */
    public long msgTimeout() throws IOException {
        return number(MSG_TIMEOUT);
    }

    /**
     * Sets within how many seconds the messages that follow must be answered.
     *
     * @param seconds 0 to 2^32 - 1; 0 for no limit, with which a silent daemon hangs the driver for ever
     * @throws IOException a {@link LinuxException}: EACCES without root
     */
    public void setMsgTimeout(long seconds) throws IOException {
        write(MSG_TIMEOUT, seconds);
    }

    /**
     * Returns the size of the bounce buffer in bytes. The kernel begins with 64 MiB.
     *
     * @throws IOException a {@link LinuxException}: ENOENT on a kernel before 6.4
     */
    public long bounceSize() throws IOException {
        return number(BOUNCE_SIZE);
    }

    /**
     * Sets the size of the bounce buffer; possible only before the device was first attached.
     *
     * @param bytes 1 MiB to 1 GiB; the kernel rounds down to pages
     * @throws IOException a {@link LinuxException}: EINVAL for another size, EPERM once it was attached
     */
    public void setBounceSize(long bytes) throws IOException {
        write(BOUNCE_SIZE, bytes);
    }

    private void write(String attribute, long value) throws IOException {
        try {
            host.writeAttribute(device, attribute, Long.toString(value));
        } catch (LinuxException failure) {
            var hint = hint(attribute, failure.errno());
            if (hint.isEmpty()) {
                throw failure;
            }
            var explained = new LinuxException(failure.call(), failure.object(), failure.errno(), hint);
            explained.initCause(failure);
            throw explained;
        }
    }

    private static String hint(String attribute, int errno) {
        return switch (errno) {
            case Errno.EACCES -> "only root may write it";
            case Errno.ENOENT -> "there is no VDUSE device of that name, or this kernel is too old for the attribute";
            case Errno.EPERM -> "it can be set only before the device was first attached to the vdpa bus";
            case Errno.EINVAL, Errno.ERANGE ->
                attribute.equals(BOUNCE_SIZE)
                        ? "a bounce buffer has from 1 MiB to 1 GiB"
                        : "a timeout is from 0 to 4294967295 seconds";
            default -> "";
        };
    }

    private long number(String attribute) throws IOException {
        var text = host.readAttribute(device, attribute);
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException notANumber) {
            var failure =
                    new LinuxException("read", device + "/" + attribute, Errno.EIO, "\"" + text + "\" is not a number");
            failure.initCause(notANumber);
            throw failure;
        }
    }
}
