package io.vduse4j.cli;

import io.vduse4j.daemon.Export;
import io.vduse4j.daemon.Exports;
import io.vduse4j.daemon.RpcException;
import io.vduse4j.daemon.RpcHandler;
import io.vduse4j.daemon.ServedDisk;
import io.vduse4j.daemon.UnstableException;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The methods of a daemon. Many threads are in it at a time. */
final class ExportMethods implements RpcHandler {
    private final Console console;
    private final DiskServing serving;
    private final DiskServing servingAgain;
    private final Exports<RunSettings> exports;
    private final SavedExports saved;
    private final String host;
    private final Path socket;

    /**
     * Prepares.
     *
     * @param saved what the next daemon serves if this one is killed
     * @param host where VDUSE is
     * @param socket of the daemon: those of its disks are beside it
     */
    ExportMethods(
            Console console,
            Ground ground,
            Exports<RunSettings> exports,
            SavedExports saved,
            String host,
            Path socket) {
        this.console = console;
        this.serving = new DiskServer(console, ground);
        this.servingAgain = new DiskServer(console, new RecoveryGround(ground));
        this.exports = exports;
        this.saved = saved;
        this.host = host;
        this.socket = socket;
    }

    @Override
    public Object call(String method, Map<String, Object> values) throws IOException {
        var params = new Params(values);
        return switch (method) {
            case "export.create" -> create(params);
            case "export.list" -> {
                params.only();
                yield exports.all().stream().map(ExportMethods::members).toList();
            }
            case "export.get" -> {
                params.only("name");
                yield members(exports.get(params.text("name")));
            }
            case "export.resize" -> resize(params);
            case "export.remove" -> remove(params);
            case "export.recover" -> recover(params);
            default -> throw new RpcException(RpcException.METHOD_NOT_FOUND, "there is no method \"" + method + "\"");
        };
    }

    private Object create(Params params) throws IOException {
        long began = System.nanoTime();
        var settings = placed(DiskParams.read(params.values(), host));
        var export = exports.create(settings.name(), settings, () -> {
            // First: a daemon that dies from here on leaves a device.
            saved.put(settings.name(), params.values());
            try {
                return serving.serve(settings);
            } catch (Throwable failure) {
                DiskServer.closeAfter(failure, () -> saved.remove(settings.name()));
                throw failure;
            }
        });
        console.say(ReadyLine.of(settings, export.disk().orElseThrow(), began));
        return members(export);
    }

    /** Serves again what a daemon that was killed had; each on its own. */
    void restore() throws IOException {
        for (var params : saved.all()) {
            try {
                long began = System.nanoTime();
                var settings = placed(DiskParams.read(withoutSize(params), host));
                exports.restore(settings.name(), settings, () -> again(settings, began));
            } catch (IOException problem) {
                console.say(params.get("name") + ": cannot be served again: " + problem.getMessage());
            }
        }
    }

    /** A file that has gone must not be made anew, and one that was resized has another size than it was created with. */
    private static Map<String, Object> withoutSize(Map<String, Object> params) {
        var same = new LinkedHashMap<>(params);
        if (params.get("backend") instanceof String backend && BackendText.isFile(backend)) {
            same.remove("size");
        }
        return same;
    }

    private ServedDisk again(RunSettings settings, long began) throws IOException {
        var disk = servingAgain.serve(settings);
        console.say(ReadyLine.of(settings, disk, began));
        return disk;
    }

    private Object recover(Params params) throws IOException {
        params.only("name");
        long began = System.nanoTime();
        var name = params.text("name");
        var settings = exports.get(name).about();
        return members(exports.retry(name, () -> again(settings, began)));
    }

    /** What outlives an orderly end: devices that are kept, and what could not be served again. */
    Set<String> lasting() {
        return exports.all().stream()
                .filter(export -> export.about().keep() || export.isLost())
                .map(Export::name)
                .collect(Collectors.toSet());
    }

    private RunSettings placed(RunSettings settings) {
        return settings.door() == Door.VDUSE || settings.socket().isPresent()
                ? settings
                : settings.withSocket(socket.resolveSibling(
                        settings.name() + "." + settings.door().text()));
    }

    private Object resize(Params params) throws IOException {
        params.only("name", "size");
        long size = params.number("size");
        var export = exports.get(params.text("name"));
        disk(export).resize(size);
        console.say(export.name() + ": resized to " + SizeText.of(disk(export).size()));
        return members(export);
    }

    private static ServedDisk disk(Export<RunSettings> export) throws LinuxException {
        return export.disk()
                .orElseThrow(() -> new LinuxException(
                        "resize",
                        export.name(),
                        Errno.EBUSY,
                        "it is " + export.state().text() + ": it is not served"));
    }

    private Object remove(Params params) throws IOException {
        params.only("name", "force");
        var name = params.text("name");
        try {
            exports.remove(name, params.flag("force"));
        } catch (UnstableException gone) {
            saved.remove(name);
            throw gone;
        }
        saved.remove(name);
        console.say(name + ": removed");
        return Map.of();
    }

    /** What is told of an export; what its disk has is missing while that is being made. */
    private static Map<String, Object> members(Export<RunSettings> export) {
        var settings = export.about();
        var members = new LinkedHashMap<String, Object>();
        members.put("name", export.name());
        members.put("state", export.state().text());
        members.put("via", settings.door().text());
        members.put("read_only", settings.backendOptions().readOnly());
        if (settings.door() != Door.NBD) {
            members.put("queues", settings.queues());
            members.put("workers", settings.dedicated() ? "dedicated" : "shared");
        }
        export.error().ifPresent(error -> members.put("error", error));
        export.disk().ifPresent(disk -> {
            members.put("device", disk.device());
            members.put("size", disk.size());
            members.put("backend", disk.backend());
            disk.lost().ifPresent(why -> members.put("lost", why));
        });
        return members;
    }
}
