package io.vduse4j.embedded.vdpa;

import io.vduse4j.linux.LinuxException;

/** What puts devices on the vdpa bus. Called with the bus held. */
public interface VdpaManagementDevice {

    /** Its name; it is on no bus itself. */
    String name();

    /** One bit for each virtio device type that it says it serves. */
    long supportedClasses();

    /**
     * Gets a device ready for the bus.
     *
     * @param device name of the device
     * @throws LinuxException EINVAL if there is none that can be attached, EEXIST if it is attached, ENOMEM, EMFILE
     */
    VdpaOps add(String device) throws LinuxException;

    /** Takes a device back; no driver has it any more. */
    void remove(String device);
}
