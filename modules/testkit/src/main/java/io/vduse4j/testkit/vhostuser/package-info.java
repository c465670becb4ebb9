/**
 * A vhost-user front end: what a virtual machine monitor is to a back end, with a driver for each queue. It drives any
 * back end, and can send what no front end would.
 */
package io.vduse4j.testkit.vhostuser;
