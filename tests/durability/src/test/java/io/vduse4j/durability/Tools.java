package io.vduse4j.durability;

/** Programs of this machine. */
final class Tools {

    private Tools() {}

    static boolean exist(String program) throws Exception {
        return new ProcessBuilder("sh", "-c", "command -v " + program)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }
}
