/** The vduse driver: control and device nodes, messages, and the device that it puts on the vdpa bus (kernel-behaviour 1-4). */
package io.vduse4j.embedded.vduse;
