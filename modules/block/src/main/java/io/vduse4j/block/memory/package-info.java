/** The backends that come with the device model: memory, and nothing at all. Opened by their schemes. */
package io.vduse4j.block.memory;
