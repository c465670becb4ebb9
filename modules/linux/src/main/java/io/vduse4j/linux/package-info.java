/**
 * Linux system calls through the Foreign Function &amp; Memory API. Knows no virtio.
 *
 * <p>Every call goes through one native signature ({@code syscall(2)}), is linked at its first use, passes addresses as
 * {@code long}, and gets its errno from a preallocated segment of the calling thread (J-09).
 *
 * <p>Two styles, told apart by their result. Control-plane methods throw {@link io.vduse4j.linux.LinuxException}, which
 * says which call, which object and which errno. Methods for the data path return the kernel's result, or the negated
 * errno, and neither throw nor allocate.
 *
 * <p>A call that may block must not run on a virtual thread: a native frame pins the carrier (J-08).
 */
package io.vduse4j.linux;
