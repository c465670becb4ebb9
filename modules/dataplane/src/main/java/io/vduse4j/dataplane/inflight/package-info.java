/**
 * The log of what is in flight: chains that were taken from a ring and not given back, kept in memory that outlives the
 * process (reliability B). A successor finds there what it must do again, and where the rings stand.
 *
 * <p>The layout of a queue's region is the one of the vhost-user protocol, so that a front end can keep it for its back
 * end. It needs no write to a disk: it survives the death of the process, and means nothing after that of the machine.
 * Whatever stands in it is checked before it is believed (BUG-13).
 */
package io.vduse4j.dataplane.inflight;
