/** The vdpa bus: what a device offers to the drivers on the bus, and what a driver offers to the bus. */
package io.vduse4j.embedded.vdpa;
