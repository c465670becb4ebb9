/** The IOVA domain of a device: bounce buffers and rings in one file, and what the device may map (kernel-behaviour 5). */
package io.vduse4j.embedded.iova;
