package io.vduse4j.embedded.vduse;

/**
 * What a driver has said about a queue; nothing of it is checked.
 *
 * @param num entries
 * @param desc IOVA of the descriptor area
 * @param driver IOVA of the driver area
 * @param device IOVA of the device area
 * @param state first index: 16 bits for a split queue; for a packed one four fields of 16 bits as VQ_GET_INFO has them
 */
record VqLayout(int num, long desc, long driver, long device, long state) {

    /** Before the driver has said anything. */
    static final VqLayout NONE = new VqLayout(0, 0, 0, 0, 0);

    VqLayout withNum(int newNum) {
        return new VqLayout(newNum, desc, driver, device, state);
    }

    VqLayout withAddress(long newDesc, long newDriver, long newDevice) {
        return new VqLayout(num, newDesc, newDriver, newDevice, state);
    }

    VqLayout withState(long newState) {
        return new VqLayout(num, desc, driver, device, newState);
    }
}
