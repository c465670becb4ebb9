/** What every backend must hold, as tests to inherit. Other modules get it as the test jar of this one. */
package io.vduse4j.block.contract;
