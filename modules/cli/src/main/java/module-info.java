/** The vduse command. */
module io.vduse4j.cli {
    requires io.vduse4j.api;
    requires info.picocli;

    opens io.vduse4j.cli to
            info.picocli;
}
