package io.vduse4j.vduse.host;

import io.vduse4j.linux.NetlinkReply;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Where {@code /dev/vduse} lives: the Linux kernel, or a kernel half in Java. The interface is raw on purpose: calls take
 * numbers and bytes and answer as a system call does, so that the order of checks, dirty reserved fields, short reads and
 * double replies can be asked of every implementation by the same test. The typed framework above it is written once.
 *
 * <p>Safe for use by several threads.
 */
public interface VduseHost extends AutoCloseable {

    /** What a person calls this host: {@code linux}. */
    String name();

    /**
     * Opens a node for reading and writing.
     *
     * @param node {@code control}, or the name of a device
     * @throws IOException a {@link io.vduse4j.linux.LinuxException} with the errno of open(2)
     */
    VduseNode open(String node) throws IOException;

    /**
     * Reads an attribute of {@code /sys/class/vduse/DEVICE/}.
     *
     * @param device name of the device
     * @param attribute for example {@code msg_timeout}
     * @return the text without its newline
     * @throws IOException a {@link io.vduse4j.linux.LinuxException} with the errno
     */
    String readAttribute(String device, String attribute) throws IOException;

    /** Writes an attribute; parameters and errors as for {@link #readAttribute}. */
    void writeAttribute(String device, String attribute, String value) throws IOException;

    /**
     * Sends one request to the generic netlink family {@code vdpa} and waits for its answer. The kernel may hold the
     * caller for as long as a driver's probe or removal takes, hence for as long as the daemon is silent: never call it
     * on a thread that answers the messages of a device (kernel-behaviour 6.4).
     *
     * @param command {@code VDPA_CMD_*}
     * @param dump whether all objects are asked for (NLM_F_DUMP)
     * @param attributes the encoded attributes
     * @param timeout longest wait for the answer
     * @return the kernel's answer; a refusal is an answer, with its errno and extended ack
     * @throws IOException if the family is not there (ENOENT), may not be asked, or does not answer in time (ETIMEDOUT)
     */
    NetlinkReply vdpa(int command, boolean dump, byte[] attributes, Duration timeout) throws IOException;

    /**
     * Binds a device of the vdpa bus to a bus driver: driver override, unbind, bind.
     *
     * @param device name of the device
     * @param driver {@code virtio_vdpa} or {@code vhost_vdpa}
     * @throws IOException a {@link io.vduse4j.linux.LinuxException} with the errno
     */
    void bind(String device, String driver) throws IOException;

    /**
     * Names the nodes of all devices, those that nobody serves as well, in no order. Some may come or go meanwhile.
     *
     * @throws IOException a {@link io.vduse4j.linux.LinuxException} with the errno
     */
    List<String> devices() throws IOException;

    /** Whether a device of this name is on the vdpa bus. */
    boolean isAttached(String device);

    /**
     * Tells how a device of the vdpa bus is used at the moment.
     *
     * @param device name of the device
     * @return empty as long as nobody can use it: no driver has it, or its node is not there yet
     * @throws IOException a {@link io.vduse4j.linux.LinuxException} with EINVAL for what is no name
     */
    Optional<VdpaConsumer> consumer(String device) throws IOException;

    @Override
    void close();
}
