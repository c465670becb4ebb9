package io.vduse4j.vduse;

import io.vduse4j.golden.GoldenC;
import io.vduse4j.vduse.abi.VdpaAttribute;
import io.vduse4j.vduse.abi.VdpaNetlink;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The netlink numbers of {@code linux/vdpa.h}. */
class VdpaGoldenTest {
    /** Headers before 6.9 do not have these; the suite on the real kernel reads them. */
    private static final Set<String> NEWER = Set.of(
            "VDPA_ATTR_DEV_BLK_CFG_CAPACITY",
            "VDPA_ATTR_DEV_BLK_CFG_BLK_SIZE",
            "VDPA_ATTR_DEV_BLK_CFG_SEG_MAX",
            "VDPA_ATTR_DEV_BLK_CFG_NUM_QUEUES",
            "VDPA_ATTR_DEV_BLK_READ_ONLY",
            "VDPA_ATTR_DEV_BLK_FLUSH");

    @Test
    void x86_64() throws Exception {
        compare(GoldenC.x86_64());
    }

    @Test
    void aarch64() throws Exception {
        compare(GoldenC.aarch64());
    }

    private static void compare(GoldenC compiler) throws Exception {
        var golden = new Constants(compiler.include("linux/vdpa.h"));
        golden.named(VdpaNetlink.class, Set.of());
        golden.named(VdpaAttribute.class, NEWER);
        golden.check();
    }
}
