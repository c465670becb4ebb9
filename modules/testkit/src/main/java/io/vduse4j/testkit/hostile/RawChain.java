package io.vduse4j.testkit.hostile;

import java.util.List;

/**
 * A chain as it is to stand in a ring.
 *
 * @param descriptors those of the ring itself, at least one
 * @param id what names it in a packed ring, 0 to 65535; a split ring uses the head's index
 * @param stale whether a packed ring shows only its first descriptor as available
 * @param owner what the caller wants to find when it comes back
 */
public record RawChain(List<RawDescriptor> descriptors, int id, boolean stale, Object owner) {}
