/** Tools to test devices and drivers with. */
package io.vduse4j.testkit;
