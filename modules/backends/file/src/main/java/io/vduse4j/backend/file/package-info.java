/** Backends over image files and host block devices. */
package io.vduse4j.backend.file;
