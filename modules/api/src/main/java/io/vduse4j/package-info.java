/** The facade that users meet. */
package io.vduse4j;
