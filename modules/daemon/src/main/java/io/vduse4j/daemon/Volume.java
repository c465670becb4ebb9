package io.vduse4j.daemon;

import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Storage that is open once for all exports of it, of which at most one may write. All is called under the lock of {@link
 * Volumes}, but for the backend's own call when it has grown.
 */
final class Volume {
    private final String identity;
    private final BackendOptions openedWith;
    private final Map<VolumeView, String> exports = new LinkedHashMap<>();
    private volatile List<VolumeView> views = List.of();
    private Optional<Backend> backend = Optional.empty();

    /**
     * Prepares; it is not open yet.
     *
     * @param openedWith what it will be opened with
     */
    Volume(String identity, BackendOptions openedWith) {
        this.identity = identity;
        this.openedWith = openedWith;
    }

    String identity() {
        return identity;
    }

    /** Whether views can be had: it is neither being opened nor being closed. */
    boolean isOpen() {
        return backend.isPresent();
    }

    void opened(Backend opened) {
        backend = Optional.of(opened);
        opened.onResize(bytes -> views.forEach(view -> view.resized(bytes)));
    }

    /**
     * Gives an export its view.
     *
     * @param release runs when the view is closed
     * @throws LinuxException EBUSY if another export writes, or it was opened in a way that does not allow this one; EINVAL
     *     if it is not as the options say
     */
    VolumeView view(BackendOptions options, String export, VolumeView.Release release) throws LinuxException {
        var opened = backend.orElseThrow();
        check(options, opened);
        var view = new VolumeView(opened, options.readOnly(), release);
        exports.put(view, export);
        views = List.copyOf(exports.keySet());
        return view;
    }

    private void check(BackendOptions options, Backend opened) throws LinuxException {
        var others = String.join(", ", exports.values());
        var writer = exports.keySet().stream()
                .filter(view -> !view.limits().readOnly())
                .findFirst();
        if (!options.readOnly() && writer.isPresent()) {
            throw busy("export " + exports.get(writer.get()) + " writes to it: use --read-only, or remove that one");
        }
        if (!options.readOnly() && openedWith.readOnly()) {
            throw busy("it is open read-only for " + others + ": remove it, and create the writable export first");
        }
        if (options.direct() != openedWith.direct()) {
            throw busy("it is open " + (openedWith.direct() ? "with" : "without") + " --direct for " + others);
        }
        if (options.size().orElse(opened.size()) != opened.size()) {
            throw differs("--size", options.size().getAsLong(), opened.size(), others);
        }
        int block = opened.limits().blockSize();
        if (options.blockSize().orElse(block) != block) {
            throw differs("--block-size", options.blockSize().getAsInt(), block, others);
        }
    }

    private LinuxException busy(String why) {
        return new LinuxException("open", identity, Errno.EBUSY, why);
    }

    private LinuxException differs(String option, long wanted, long is, String others) {
        return new LinuxException(
                "open", identity, Errno.EINVAL, option + " " + wanted + ": it is open for " + others + " with " + is);
    }

    /**
     * Takes a view back.
     *
     * @return the backend, if that was the last view: to be closed; the volume is not open any more
     */
    Optional<Backend> release(VolumeView view) {
        exports.remove(view);
        views = List.copyOf(exports.keySet());
        if (!exports.isEmpty()) {
            return Optional.empty();
        }
        var last = backend;
        backend = Optional.empty();
        return last;
    }
}
