/** Finding backends by their schemes: what the maker of a backend implements, and the way to open one. */
package io.vduse4j.block.spi;
