package io.vduse4j.daemon;

import java.io.IOException;
import java.util.Map;

/** Does what clients of an {@link RpcServer} ask for. */
@FunctionalInterface
public interface RpcHandler {
    /**
     * Does it, on a platform thread that serves nobody else meanwhile: it may block.
     *
     * @param method its name
     * @param params by their names, as {@link JsonReader} reads them
     * @return what {@link Json} can write
     * @throws IOException a {@link io.vduse4j.linux.LinuxException} or an {@link RpcException}, as the client shall get it
     */
    Object call(String method, Map<String, Object> params) throws IOException;
}
