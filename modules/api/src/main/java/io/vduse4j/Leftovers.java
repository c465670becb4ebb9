package io.vduse4j;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What processes that have gone left behind: devices of a host that nobody serves, and files in the runtime directory.
 * What belongs to a live process is never touched.
 */
public final class Leftovers {

    /** Between its creation and its attaching a new device looks as one that was left, for a moment. */
    private static final Duration NEW = Duration.ofMillis(500);

    private final VduseHost host;
    private final boolean remove;
    private final List<Leftover> found = new ArrayList<>();

    private Leftovers(VduseHost host, boolean remove) {
        this.host = host;
        this.remove = remove;
    }

    /**
     * Looks for them.
     *
     * @param host whose devices are looked at; stays the caller's
     * @param remove whether what nobody has and nobody uses is removed
     * @return all, by kind and name; a device that is still on the vdpa bus is only told of
     * @throws IOException if the host or the runtime directory cannot be looked at
     */
    public static List<Leftover> collect(VduseHost host, boolean remove) throws IOException {
        Leftovers work = new Leftovers(host, remove);
        work.devices();
        work.found.addAll(new StaleFiles(host, remove).collect());
        work.found.sort(Comparator.comparing(Leftover::kind).thenComparing(Leftover::name));
        return work.found;
    }

    private void devices() throws IOException {
        Set<String> unattached = new HashSet<>();
        for (String name : host.devices()) {
            if (!host.isAttached(name)) {
                unattached.add(name);
            } else if (isOpenedByNobody(name)) {
                found.add(new Leftover(
                        Leftover.Kind.DEVICE,
                        name,
                        Leftover.State.ORPHANED,
                        "its driver waits: \"vduse run BACKEND --name " + name + "\" goes on, \"vduse abort " + name
                                + "\" ends it"));
            }
        }
        if (!unattached.isEmpty()) {
            pause();
        }
        for (String name : unattached) {
            if (!host.isAttached(name) && isOpenedByNobody(name)) {
                found.add(unused(name));
            }
        }
    }

    /** False, too, for one that has gone meanwhile. */
    private boolean isOpenedByNobody(String name) throws IOException {
        try (VduseNode _ = host.open(name)) {
            return true;
        } catch (LinuxException e) {
            if (e.errno() == Errno.EBUSY || e.errno() == Errno.ENOENT) {
                return false;
            }
            throw e;
        }
    }

    private Leftover unused(String name) {
        if (!remove) {
            return new Leftover(Leftover.Kind.DEVICE, name, Leftover.State.UNUSED, "");
        }
        try (SetUp setUp = new SetUp(host, name)) {
            setUp.destroy();
            RuntimeDirectory.deleteLog(name);
            return new Leftover(Leftover.Kind.DEVICE, name, Leftover.State.REMOVED, "");
        } catch (IOException e) {
            return new Leftover(Leftover.Kind.DEVICE, name, Leftover.State.FAILED, String.valueOf(e.getMessage()));
        }
    }

    private static void pause() throws LinuxException {
        try {
            Thread.sleep(NEW);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LinuxException("look for", "devices that were left", Errno.EINTR);
        }
    }
}
