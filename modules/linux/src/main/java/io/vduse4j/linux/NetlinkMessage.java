package io.vduse4j.linux;

/**
 * A generic netlink message of the kernel.
 *
 * @param command the command of the family, 0 to 255
 * @param attributes what it carries
 */
public record NetlinkMessage(int command, NetlinkAttributes attributes) {}
