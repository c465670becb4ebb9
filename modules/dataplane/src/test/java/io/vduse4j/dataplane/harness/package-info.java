/** A driver and a device small enough to be understood at once, to test what stands between them. */
package io.vduse4j.dataplane.harness;
