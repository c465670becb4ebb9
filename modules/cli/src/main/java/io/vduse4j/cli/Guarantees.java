package io.vduse4j.cli;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Durability;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a backend really promises (DU-11): nothing that it does not say itself.
 *
 * @param backend what a person calls it
 * @param size in bytes
 * @param blockBytes logical block
 * @param wholeBytes what storage below keeps whole, if anything (DU-07)
 * @param durability what becomes of writes when this program is killed
 * @param isVolatile whether a flush is worth nothing when the power goes (DU-12)
 */
record Guarantees(
        String backend, long size, int blockBytes, int wholeBytes, Durability durability, boolean isVolatile) {

    private static final String NEVER_STABLE = "no: nothing there is ever stable";

    /** Asks an open backend. */
    static Guarantees of(Backend backend) {
        var limits = backend.limits();
        return new Guarantees(
                backend.describe(),
                backend.size(),
                limits.blockSize(),
                limits.physicalBlockSize(),
                backend.durability(),
                limits.isVolatile());
    }

    /** For people. */
    String table() {
        var table = new Table();
        table.row("backend", backend);
        table.row("size", SizeText.of(size));
        table.row("blocks", SizeText.of(blockBytes) + ", written in pieces of " + SizeText.of(wholeBytes));
        table.row("a completed write survives kill -9 of vduse", survivesKill() + ": " + durability.reason());
        table.row("a completed flush survives the loss of power", survivesPower());
        table.row("a block is whole after the loss of power", wholeBlocks());
        table.row("recovery after kill -9", recovery());
        return table.text();
    }

    /** For programs. */
    Map<String, Object> members() {
        var members = new LinkedHashMap<String, Object>();
        members.put("backend", backend);
        members.put("size", size);
        members.put("blockBytes", blockBytes);
        members.put("physicalBlockBytes", wholeBytes);
        members.put("writeSurvivesKill", survivesKill());
        members.put("flushSurvivesPowerLoss", !isVolatile);
        members.put("blocksWholeAfterPowerLoss", !isVolatile && durability.blocks() == Durability.Blocks.WHOLE);
        members.put("recovery", durability.survivesProcess());
        members.put("reason", durability.reason());
        return members;
    }

    private String survivesKill() {
        return switch (durability.afterKill()) {
            case KEPT -> "yes";
            case LOST -> "no";
            case NEVER_STORED -> "never stored";
            case UNKNOWN -> "unknown";
        };
    }

    private String survivesPower() {
        return isVolatile ? NEVER_STABLE : "yes, as far as what is below keeps its own promises";
    }

    private String wholeBlocks() {
        if (isVolatile) {
            return NEVER_STABLE;
        }
        return switch (durability.blocks()) {
            case WHOLE -> "yes, as far as what is below keeps its own promises";
            case TORN_IF_WRITTEN_AGAIN ->
                "not if it was being written again while the page cache wrote it back; with --direct, which goes around"
                        + " that, yes";
            case UNKNOWN -> "unknown";
        };
    }

    private String recovery() {
        return durability.survivesProcess() ? "allowed" : "refused: acknowledged writes would be missing";
    }
}
