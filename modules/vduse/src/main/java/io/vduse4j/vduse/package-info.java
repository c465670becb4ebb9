/** The VDUSE framework: the raw host SPI, its Linux implementation, and the typed layer above it. */
package io.vduse4j.vduse;
