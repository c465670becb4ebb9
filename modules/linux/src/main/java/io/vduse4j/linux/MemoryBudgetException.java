package io.vduse4j.linux;

/** More memory was asked than a {@link MemoryBudget} has left. The request failed; nothing else did. */
public final class MemoryBudgetException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MemoryBudgetException(String message) {
        super(message);
    }
}
