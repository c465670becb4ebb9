package io.vduse4j.cli;

import io.vduse4j.daemon.Export;
import io.vduse4j.daemon.Exports;
import io.vduse4j.daemon.RpcException;
import io.vduse4j.daemon.RpcHandler;
import io.vduse4j.daemon.ServedDisk;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The methods of a daemon. Many threads are in it at a time. */
final class ExportMethods implements RpcHandler {
    private final Console console;
    private final DiskServing serving;
    private final Exports<RunSettings> exports;
    private final String host;
    private final Path socket;

    /**
     * Prepares.
     *
     * @param host where VDUSE is
     * @param socket of the daemon: those of its disks are beside it
     */
    ExportMethods(Console console, Ground ground, Exports<RunSettings> exports, String host, Path socket) {
        this.console = console;
        this.serving = new DiskServer(console, ground);
        this.exports = exports;
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
            default -> throw new RpcException(RpcException.METHOD_NOT_FOUND, "there is no method \"" + method + "\"");
        };
    }

    private Object create(Params params) throws IOException {
        long began = System.nanoTime();
        var settings = placed(DiskParams.read(params.values(), host));
        var export = exports.create(settings.name(), settings, () -> serving.serve(settings));
        console.say(ReadyLine.of(settings, export.disk().orElseThrow(), began));
        return members(export);
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
                        "resize", export.name(), Errno.EBUSY, "it is still being created: try again later"));
    }

    private Object remove(Params params) throws IOException {
        params.only("name", "force");
        var name = params.text("name");
        exports.remove(name, params.flag("force"));
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
        export.disk().ifPresent(disk -> {
            members.put("device", disk.device());
            members.put("size", disk.size());
            members.put("backend", disk.backend());
        });
        return members;
    }
}
