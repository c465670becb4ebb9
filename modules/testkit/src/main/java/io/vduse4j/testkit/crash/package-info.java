/**
 * What may be on a disk after a crash, and how to tell: blocks that describe themselves, the history of the requests that
 * wrote them, and all the images that a loss of power can leave of a file.
 */
package io.vduse4j.testkit.crash;
