/**
 * The conformance suite of a {@link io.vduse4j.vduse.host.VduseHost}: what a kernel with VDUSE answers to raw calls, call
 * by call, from the same classes for every host. A runner extends a suite, or a single class of cases, and registers a {@link
 * io.vduse4j.testkit.conformance.TargetExtension}:
 *
 * <pre>{@code
 * final class MyHostTest extends VduseSuite {
 *     @RegisterExtension
 *     static final TargetExtension TARGET = new TargetExtension(MyTarget::new);
 * }
 * }</pre>
 *
 * <p>Every case names the section of the description of the kernel's behaviour that it holds ({@link
 * io.vduse4j.testkit.conformance.Rule}), creates its own devices and takes them away again. No call is waited for without
 * a limit.
 */
package io.vduse4j.testkit.conformance;
