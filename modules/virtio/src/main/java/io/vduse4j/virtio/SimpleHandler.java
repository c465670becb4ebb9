package io.vduse4j.virtio;

/** Answers each chain of a {@link SimpleDevice} where it is taken. Belongs to its worker. */
final class SimpleHandler implements QueueHandler {

    private final SimpleDevice device;
    private final HandlerContext context;

    SimpleHandler(SimpleDevice device, HandlerContext context) {
        this.device = device;
        this.context = context;
    }

    @Override
    public void handle(Chain chain) {
        long room = chain.writableBytes();
        long written = chain.fault() == null ? device.handle(chain) : 0;
        if (written < 0 || written > room) {
            throw new IllegalStateException(device + " says " + written + " of " + room + " writable bytes (VS-17)");
        }
        context.complete(chain, written);
    }

    @Override
    public void refuse(Chain chain) {
        context.complete(chain, 0);
    }

    @Override
    public void resume(Chain chain) {
        throw new IllegalStateException("no chain of " + device + " is ever kept back");
    }

    @Override
    public void flush() {}

    @Override
    public void posted(Chain chain) {
        throw new IllegalStateException("nothing is ever posted for " + device);
    }

    @Override
    public int outstanding() {
        return 0;
    }

    @Override
    public void close() {}
}
