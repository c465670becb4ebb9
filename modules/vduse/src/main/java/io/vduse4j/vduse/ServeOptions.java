package io.vduse4j.vduse;

import java.util.function.BiConsumer;

/**
 * How a device is served.
 *
 * @param kicks whether the driver kicks by an eventfd; without, rings are looked at from time to time
 * @param userMemory whether memory of this process takes the place of the kernel's bounce buffer
 * @param adopt whether a driver that an earlier server left running is served on; its queues are looked for at the start
 * @param packed whether packed rings are offered. Without an in-flight log nobody can adopt a driver that uses them
 * @param observer told of each message after it was answered, and whether with success; on the control thread
 */
public record ServeOptions(
        boolean kicks, boolean userMemory, boolean adopt, boolean packed, BiConsumer<VduseMessage, Boolean> observer) {

    /** Kicks by eventfd, the kernel's bounce buffer, nobody observes. */
    public static final ServeOptions DEFAULT = new ServeOptions(true, false, false, false, (_, _) -> {});

    /** As {@link #DEFAULT}, for a driver that an earlier server left running. */
    public static final ServeOptions ADOPT = new ServeOptions(true, false, true, false, (_, _) -> {});
}
