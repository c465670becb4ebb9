/** The kernel half of VDUSE, in this JVM. */
package io.vduse4j.embedded;
