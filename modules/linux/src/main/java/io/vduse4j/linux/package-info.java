/** Linux system calls through the Foreign Function &amp; Memory API. Knows no virtio. */
package io.vduse4j.linux;
