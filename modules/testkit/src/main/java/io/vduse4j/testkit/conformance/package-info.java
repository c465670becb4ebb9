/**
 * The conformance suite of a {@link io.vduse4j.vduse.host.VduseHost}: what a kernel with VDUSE answers to raw calls, call
 * by call, from the same classes for every host. A runner extends each of the public classes here in a nested class, and
 * registers a {@link io.vduse4j.testkit.conformance.TargetExtension}:
 *
 * <pre>{@code
 * final class MyHostConformanceTest {
 *     @RegisterExtension
 *     static final TargetExtension TARGET = new TargetExtension(MyTarget::new);
 *
 *     @Nested
 *     final class ControlNode extends ControlNodeConformance {}
 * }
 * }</pre>
 *
 * <p>Every case names the section of the description of the kernel's behaviour that it holds ({@link
 * io.vduse4j.testkit.conformance.Rule}), creates its own devices and takes them away again. No call is waited for without
 * a limit.
 */
package io.vduse4j.testkit.conformance;
