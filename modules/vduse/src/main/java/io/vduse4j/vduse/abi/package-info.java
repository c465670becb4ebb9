/**
 * The numbers and layouts of {@code linux/vduse.h} and {@code linux/vdpa.h}, apart from all logic. Both sides of the
 * interface use them. Offsets and sizes are in bytes; every field has the byte order of the machine.
 *
 * <p>Structures are those of API version 0, whose bytes are the same on x86-64 and aarch64.
 */
package io.vduse4j.vduse.abi;
