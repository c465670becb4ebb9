package io.vduse4j.testkit.conformance;

import org.junit.jupiter.api.Nested;

/**
 * All that a host of VDUSE answers, but for vhost-vdpa. A runner extends it and registers a {@link TargetExtension}.
 */
public abstract class VduseSuite {
    /** For subclasses. */
    protected VduseSuite() {}

    /** Calls of the control node. */
    @Nested
    class ControlNode extends ControlNodeConformance {}

    /** Creating. */
    @Nested
    class Create extends CreateConformance {}

    /** Destroying. */
    @Nested
    class Destroy extends DestroyConformance {}

    /** Attributes in sysfs. */
    @Nested
    class Attribute extends AttributeConformance {}

    /** Attributes of its queues. */
    @Nested
    class QueueAttribute extends QueueAttributeConformance {}

    /** Calls of a device that is not attached. */
    @Nested
    class IdleDevice extends IdleDeviceConformance {}

    /** The config space. */
    @Nested
    class ConfigSpace extends ConfigSpaceConformance {}

    /** Reads and writes without a message. */
    @Nested
    class IdleMessage extends IdleMessageConformance {}

    /** Messages and replies. */
    @Nested
    class Message extends MessageConformance {}

    /** Messages that are refused. */
    @Nested
    class Refusal extends RefusalConformance {}

    /** Daemons that do not answer. */
    @Nested
    class Silence extends SilenceConformance {}

    /** The vdpa bus. */
    @Nested
    class Bus extends BusConformance {}

    /** Calls of a device that a driver has. */
    @Nested
    class Attached extends AttachedConformance {}

    /** Messages of attaching and detaching. */
    @Nested
    class Transcript extends TranscriptConformance {}

    /** The IOVA domain. */
    @Nested
    class Memory extends MemoryConformance {}

    /** Interrupts. */
    @Nested
    class Interrupt extends InterruptConformance {}

    /** Kicks. */
    @Nested
    class Kick extends KickConformance {}

    /** Registered user memory. */
    @Nested
    class UserMemory extends UserMemoryConformance {}
}
