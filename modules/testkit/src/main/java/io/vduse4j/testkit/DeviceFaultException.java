package io.vduse4j.testkit;

/** The device under test has broken a rule, or not done what it must in time. The message names the rule if it has one. */
public final class DeviceFaultException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Describes what the device did. */
    public DeviceFaultException(String message) {
        super(message);
    }
}
