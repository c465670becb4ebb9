/** What both sides of the NBD protocol share: its numbers, and reading them off a socket. */
package io.vduse4j.nbd.wire;
