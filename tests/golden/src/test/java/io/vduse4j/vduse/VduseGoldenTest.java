package io.vduse4j.vduse;

import static java.util.Map.entry;

import io.vduse4j.golden.GoldenC;
import io.vduse4j.vduse.abi.ConfigDataLayout;
import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.vduse.abi.DevRequestLayout;
import io.vduse4j.vduse.abi.DevResponseLayout;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.vduse.abi.IovaInfoLayout;
import io.vduse4j.vduse.abi.IovaUmemLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.abi.VqConfigLayout;
import io.vduse4j.vduse.abi.VqEventfdLayout;
import io.vduse4j.vduse.abi.VqInfoLayout;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Every constant and offset of {@code linux/vduse.h}. A constant of ours that is not asked of the compiler fails to
 * compile there, so none can be left out. Headers since 7.0 cut the reserved words up: those are counted from the field
 * before.
 */
class VduseGoldenTest {
    /** Offsets of union members and of what C calls otherwise; all others are the field's name in lower case. */
    private static final Map<String, String> MEMBERS = Map.ofEntries(
            entry("DevConfigLayout.RESERVED", after("vduse_dev_config", "vq_align", 4)),
            entry("VqConfigLayout.RESERVED", after("vduse_vq_config", "max_size", 2)),
            entry("IovaUmemLayout.RESERVED", after("vduse_iova_umem", "size", 8)),
            entry("IovaInfoLayout.RESERVED", after("vduse_iova_info", "capability", 8)),
            entry("IovaUmemLayout.BYTES", offset("vduse_iova_umem", "size")),
            entry("VqInfoLayout.SPLIT_AVAIL_INDEX", offset("vduse_vq_info", "split.avail_index")),
            entry("VqInfoLayout.PACKED_LAST_AVAIL_COUNTER", offset("vduse_vq_info", "packed.last_avail_counter")),
            entry("VqInfoLayout.PACKED_LAST_AVAIL_IDX", offset("vduse_vq_info", "packed.last_avail_idx")),
            entry("VqInfoLayout.PACKED_LAST_USED_COUNTER", offset("vduse_vq_info", "packed.last_used_counter")),
            entry("VqInfoLayout.PACKED_LAST_USED_IDX", offset("vduse_vq_info", "packed.last_used_idx")),
            entry("DevRequestLayout.VQ_INDEX", offset("vduse_dev_request", "vq_state.index")),
            entry("DevRequestLayout.STATUS", offset("vduse_dev_request", "s.status")),
            entry("DevRequestLayout.IOVA_START", offset("vduse_dev_request", "iova.start")),
            entry("DevRequestLayout.IOVA_LAST", offset("vduse_dev_request", "iova.last")),
            entry("DevResponseLayout.VQ_INDEX", offset("vduse_dev_response", "vq_state.index")),
            entry("DevResponseLayout.SPLIT_AVAIL_INDEX", offset("vduse_dev_response", "vq_state.split.avail_index")),
            entry(
                    "DevResponseLayout.PACKED_LAST_AVAIL_COUNTER",
                    offset("vduse_dev_response", "vq_state.packed.last_avail_counter")),
            entry(
                    "DevResponseLayout.PACKED_LAST_AVAIL_IDX",
                    offset("vduse_dev_response", "vq_state.packed.last_avail_idx")),
            entry(
                    "DevResponseLayout.PACKED_LAST_USED_COUNTER",
                    offset("vduse_dev_response", "vq_state.packed.last_used_counter")),
            entry(
                    "DevResponseLayout.PACKED_LAST_USED_IDX",
                    offset("vduse_dev_response", "vq_state.packed.last_used_idx")));

    private static String offset(String struct, String member) {
        return "__builtin_offsetof(struct " + struct + ", " + member + ")";
    }

    private static String after(String struct, String member, int size) {
        return offset(struct, member) + " + " + size;
    }

    @Test
    void x86_64() throws Exception {
        compare(GoldenC.x86_64());
    }

    @Test
    void aarch64() throws Exception {
        compare(GoldenC.aarch64());
    }

    private static void compare(GoldenC compiler) throws Exception {
        var golden = new Constants(compiler.include("linux/vduse.h").include("sys/ioctl.h"));
        // The kernel's limit on virtqueues is not in the header.
        golden.named(VduseAbi.class, Set.of("MAX_VQ_NUM"));
        golden.named(VduseIoctl.class, Set.of());
        layout(golden, DevConfigLayout.class, "vduse_dev_config");
        layout(golden, IotlbEntryLayout.class, "vduse_iotlb_entry");
        layout(golden, ConfigDataLayout.class, "vduse_config_data");
        layout(golden, VqConfigLayout.class, "vduse_vq_config");
        layout(golden, VqInfoLayout.class, "vduse_vq_info");
        layout(golden, VqEventfdLayout.class, "vduse_vq_eventfd");
        layout(golden, IovaUmemLayout.class, "vduse_iova_umem");
        layout(golden, IovaInfoLayout.class, "vduse_iova_info");
        layout(golden, DevRequestLayout.class, "vduse_dev_request");
        layout(golden, DevResponseLayout.class, "vduse_dev_response");
        golden.check();
    }

    private static void layout(Constants golden, Class<?> layout, String struct) throws Exception {
        golden.all(layout, field -> {
            var special = MEMBERS.get(layout.getSimpleName() + "." + field);
            if (special != null) {
                return special;
            }
            return field.equals("SIZE")
                    ? "sizeof(struct " + struct + ")"
                    : offset(struct, field.toLowerCase(Locale.ROOT));
        });
    }
}
