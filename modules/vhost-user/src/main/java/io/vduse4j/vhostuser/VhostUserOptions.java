package io.vduse4j.vhostuser;

/**
 * How a device is served.
 *
 * @param name name of the device, for log lines and threads
 * @param packed whether packed rings are offered
 */
public record VhostUserOptions(String name, boolean packed) {}
