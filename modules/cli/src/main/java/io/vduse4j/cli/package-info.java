/** The vduse command. */
package io.vduse4j.cli;
