/** What the maker of a backend implements to be found by its scheme. */
package io.vduse4j.block.spi;
