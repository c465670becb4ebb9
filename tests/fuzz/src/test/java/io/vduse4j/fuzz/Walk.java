package io.vduse4j.fuzz;

import static io.vduse4j.fuzz.Slots.require;
import static io.vduse4j.fuzz.Slots.same;

import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.Virtqueue;
import java.util.ArrayList;
import java.util.List;

/** The device's side of a queue, each step beside the model of it. */
final class Walk {

    /** A chain that was taken, and what has to be in it. */
    record Taken(Chain chain, ModelChain model) {}

    private final FuzzMemory memory;
    private final Virtqueue queue;
    private final RingModel model;
    private final Slots slots;
    private final List<Taken> inFlight = new ArrayList<>();

    Walk(FuzzMemory memory, Virtqueue queue, RingModel model, Slots slots) {
        this.memory = memory;
        this.queue = queue;
        this.model = model;
        this.slots = slots;
    }

    /** Whether the rings are there. */
    boolean attach(long desc, long driver, long device) {
        boolean there = model.attach(desc, driver, device);
        same(queue.attach(desc, driver, device), there, "attached");
        same(queue.isAttached(), there, "attached");
        memory.check();
        return there;
    }

    void detach() {
        queue.detach();
        require(!queue.isAttached(), "attached without rings");
    }

    /** Chains taken and not given back. */
    List<Taken> inFlight() {
        return inFlight;
    }

    /** Takes the next chain, or returns null. */
    Taken take() {
        ModelChain wanted = model.next();
        Chain chain = queue.take();
        same(chain != null, wanted != null, "whether there is a chain");
        same(queue.fault(), model.fault(), "fault of the ring");
        memory.check();
        if (chain == null) {
            return null;
        }
        slots.check(chain, wanted, memory.host(0));
        Taken taken = new Taken(chain, wanted);
        inFlight.add(taken);
        require(inFlight.size() <= slots.chains.length, "more chains in flight than the queue has entries");
        return taken;
    }

    /** Gives a chain back. */
    void push(Taken taken, long written) {
        model.push(taken.model(), written);
        queue.push(taken.chain(), written);
        inFlight.remove(taken);
        require(!taken.chain().inFlight(), "a chain is in flight after it was given back");
        require(queue.hasUnpublished(), "nothing to publish after a chain was given back");
        memory.check();
    }

    /** Shows the driver what was given back, if there is something. */
    void publish() {
        if (!queue.hasUnpublished()) {
            return;
        }
        model.publish();
        queue.publish();
        require(!queue.hasUnpublished(), "something to publish after all was published");
        same(queue.wantsInterrupt(), model.wantsInterrupt(), "interrupt");
        memory.check();
    }

    void kicks(boolean wanted) {
        if (wanted) {
            same(queue.enableKicks(), model.enableKicks(), "more to take");
        } else {
            queue.disableKicks();
            model.disableKicks();
        }
        memory.check();
    }

    /** Takes, touches and gives back all that is there. */
    void finish(Touch touch, Input input) {
        for (Taken taken = take(); taken != null; taken = take()) {
            require(inFlight.contains(taken), "taken");
        }
        while (!inFlight.isEmpty()) {
            giveBack(inFlight.getLast(), touch, input);
        }
        publish();
        same(queue.state(), model.state(), "state");
    }

    /** Touches a chain and gives it back. */
    void giveBack(Taken taken, Touch touch, Input input) {
        long written = touch.touch(taken.chain(), taken.model(), input);
        push(taken, written);
    }

    /** A step of the device that the input chooses. */
    void step(int kind, Touch touch, Input input) {
        switch (kind) {
            case 0, 1 -> {
                for (int left = 1 + input.below(8); left > 0 && take() != null; left--) {
                    require(queue.isAttached(), "a chain without rings");
                }
            }
            case 2 -> {
                if (!inFlight.isEmpty()) {
                    giveBack(inFlight.get(input.below(inFlight.size())), touch, input);
                }
            }
            case 3 -> publish();
            default -> kicks(input.flag());
        }
    }
}
