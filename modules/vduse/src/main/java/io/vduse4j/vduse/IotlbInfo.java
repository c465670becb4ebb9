package io.vduse4j.vduse;

/**
 * What is known of a region of IOVA without mapping it. The borders are unsigned.
 *
 * @param start first IOVA
 * @param last last IOVA
 * @param userMemory whether user memory can be registered for it
 */
public record IotlbInfo(long start, long last, boolean userMemory) {}
