/** Queue workers: they serve a device with the memory, rings and notifiers that a transport gives. */
package io.vduse4j.dataplane;
