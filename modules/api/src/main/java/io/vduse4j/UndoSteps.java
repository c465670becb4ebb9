package io.vduse4j;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** The way back: steps that are taken in the opposite order, all of them, whatever becomes of one. */
final class UndoSteps {

    private final Deque<Step> steps = new ArrayDeque<>();

    /** A step back. */
    interface Step {
        void run() throws IOException;
    }

    /** Adds the step that is taken first. */
    void push(Step step) {
        steps.push(step);
    }

    /**
     * Takes all steps; again does nothing.
     *
     * @throws IOException what the first step that failed has said; it holds the others
     */
    void run() throws IOException {
        IOException first = null;
        while (!steps.isEmpty()) {
            try {
                steps.pop().run();
            } catch (IOException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    /** Takes all steps because something has failed, which holds what fails then. */
    void runAfter(Exception failure) {
        try {
            run();
        } catch (IOException late) {
            failure.addSuppressed(late);
        }
    }
}
