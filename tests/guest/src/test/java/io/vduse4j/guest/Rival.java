package io.vduse4j.guest;

import java.io.IOException;

/** Another process that serves the same file as a disk of this machine. */
interface Rival extends AutoCloseable {
    /** The disk. */
    String device();

    /** The process. */
    long pid();

    @Override
    void close() throws IOException;
}
