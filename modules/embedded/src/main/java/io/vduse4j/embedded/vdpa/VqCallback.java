package io.vduse4j.embedded.vdpa;

import io.vduse4j.linux.EventFd;

/** How a driver hears of used buffers: a call on the device's interrupt thread, or an eventfd signalled at once (irqfd). */
public sealed interface VqCallback {

    /** Called on the device's interrupt thread; must not wait. */
    record Interrupt(Runnable handler) implements VqCallback {}

    /** Signalled on the daemon's thread, and not asked whether the driver is ready (kernel-behaviour 2.3). */
    record Trigger(EventFd eventFd) implements VqCallback {}
}
