/**
 * Fuzz targets. Each is a class with {@code fuzzerTestOneInput(byte[])}: the bytes are read from front to back as steps of
 * a hostile driver and of the device, and an independent model says what has to come of each step. Zeroes stand for what
 * the input lacks, so that a shorter input is a simpler one.
 */
package io.vduse4j.fuzz;
