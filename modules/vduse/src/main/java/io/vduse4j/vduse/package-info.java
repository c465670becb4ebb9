/**
 * The typed framework, the same for every host: the control node ({@link io.vduse4j.vduse.VduseControl}), a device's
 * ioctls and messages ({@link io.vduse4j.vduse.VduseDevice}), its attributes, and the vdpa bus ({@link
 * io.vduse4j.vduse.VdpaBus}). What belongs to one host only is below {@code io.vduse4j.vduse.host}.
 */
package io.vduse4j.vduse;
