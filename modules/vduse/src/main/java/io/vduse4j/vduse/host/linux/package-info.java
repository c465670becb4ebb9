/** The Linux kernel as a host: {@code /dev/vduse}, its sysfs attributes, the vdpa bus; and the diagnosis of a machine. */
package io.vduse4j.vduse.host.linux;
