/** The raw side of VDUSE: what a kernel half answers to, call by call. */
package io.vduse4j.vduse.host;
