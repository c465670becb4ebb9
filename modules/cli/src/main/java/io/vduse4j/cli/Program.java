package io.vduse4j.cli;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The program of a command that is to run beside a disk. */
final class Program {
    private Program() {}

    /**
     * Looks whether a program can be started, by the rules of execvp.
     *
     * @throws LinuxException ENOENT or EACCES
     */
    static void require(String program) throws LinuxException {
        if (program.indexOf('/') >= 0) {
            require(program, Path.of(program));
            return;
        }
        for (var folder : System.getenv().getOrDefault("PATH", "/usr/bin:/bin").split(":", -1)) {
            var file = Path.of(folder).resolve(program);
            if (!program.isEmpty() && Files.isRegularFile(file) && Files.isExecutable(file)) {
                return;
            }
        }
        throw new LinuxException("run", '"' + program + '"', Errno.ENOENT, "it is not in $PATH");
    }

    private static void require(String program, Path file) throws LinuxException {
        if (!Files.exists(file)) {
            throw new LinuxException("run", program, Errno.ENOENT);
        }
        if (!Files.isRegularFile(file) || !Files.isExecutable(file)) {
            throw new LinuxException("run", program, Errno.EACCES, "it is not a program (chmod +x)");
        }
    }
}
