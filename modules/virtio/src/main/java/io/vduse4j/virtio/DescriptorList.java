package io.vduse4j.virtio;

/**
 * The descriptors of one chain of a packed ring, as they were read from it or kept elsewhere: used elements overwrite
 * those in the ring, so that a chain that is to be taken again must be known from somewhere else.
 */
public interface DescriptorList {

    /** Of a chain of a split ring, whose table stays as it is. */
    DescriptorList NONE = new DescriptorList() {
        @Override
        public int descriptors() {
            return 0;
        }

        @Override
        public long address(int index) {
            throw new IndexOutOfBoundsException(index);
        }

        @Override
        public long rest(int index) {
            throw new IndexOutOfBoundsException(index);
        }
    };

    /** Number of descriptors, from 1 to the queue's size. */
    int descriptors();

    /**
     * Device address of a buffer.
     *
     * @param index of the descriptor in the list, 0 to {@code descriptors() - 1}
     */
    long address(int index);

    /** The other half of a descriptor as it stands in the ring: length in bits 0 to 31, id 32 to 47, flags 48 to 63. */
    long rest(int index);
}
