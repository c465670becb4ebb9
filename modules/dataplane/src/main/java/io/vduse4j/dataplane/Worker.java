package io.vduse4j.dataplane;

import io.vduse4j.linux.Cpu;
import io.vduse4j.linux.Epoll;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A queue worker: one platform thread that serves queues. A round is commands, completions, available chains, and at
 * most one notification a queue; with nothing to do it looks on for a while ({@link IdleSpin}) and then sleeps
 * until a kick, a completion or a command comes.
 */
public final class Worker implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Worker.class.getName());

    /** An eventfd wakes on each write without being read. */
    private static final int EDGE = Epoll.EPOLLIN | Epoll.EPOLLET;

    private static final int MAX_EVENTS = 64;

    /** Sleep between two looks at a ring without kicks, and between two tries of an interrupt. */
    private static final long SHORT_SLEEP_NANOS = 1_000_000;

    private static final long FOR_EVER = -1;
    private static final long JOIN_MILLIS = 5_000;

    private final String name;
    private final IdleSpin spin;
    private final Epoll epoll;
    private final EventFd wake;
    private final Thread thread;
    private final ConcurrentLinkedQueue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final List<DeviceAgent> agents = new ArrayList<>();
    private DeviceAgent lastTouched;
    private volatile boolean sleeping;
    private volatile boolean closed;

    /**
     * Starts a worker.
     *
     * @param name name of its thread
     * @param pollNanos how long it spins after its last work before it sleeps; 0 for a few microseconds at most, and only
     *     while that pays
     * @param cpus the CPUs that it may run on; none for all
     * @throws LinuxException if there are no descriptors left
     */
    public Worker(String name, long pollNanos, int... cpus) throws LinuxException {
        this.name = name;
        spin = new IdleSpin(pollNanos);
        epoll = Epoll.create(MAX_EVENTS);
        try {
            wake = EventFd.create();
            epoll.add(wake.fd(), EDGE, 0);
        } catch (LinuxException e) {
            epoll.close();
            throw e;
        }
        thread = Thread.ofPlatform().name(name).daemon(true).unstarted(this::run);
        if (cpus.length > 0) {
            commands.add(() -> pin(cpus));
        }
        thread.start();
    }

    private static void pin(int[] cpus) {
        try {
            Cpu.pin(cpus);
        } catch (LinuxException e) {
            LOG.log(Level.WARNING, Thread.currentThread().getName() + " runs on any CPU", e);
        }
    }

    /** Name of the thread. */
    public String name() {
        return name;
    }

    /** Runs a command on the worker's thread. Any thread. */
    void execute(Runnable command) {
        commands.add(command);
        wake();
    }

    /** Has the worker look around. Any thread; at most one system call for any number of calls while it sleeps. */
    void wake() {
        VarHandle.fullFence(); // what was posted before the look at the flag; the worker does the opposite
        if (sleeping) {
            sleeping = false;
            wake.signal();
        }
    }

    void watch(EventFd kick) throws LinuxException {
        epoll.add(kick.fd(), EDGE, 0);
    }

    void watch(int eventFd) throws LinuxException {
        epoll.add(eventFd, EDGE, 0);
    }

    /** The epoll keeps an eventfd whose other descriptors are still open, even when this one is closed. */
    void unwatch(EventFd kick) {
        try {
            epoll.remove(kick.fd());
        } catch (LinuxException e) {
            notUnwatched(e);
        }
    }

    void unwatch(int eventFd) {
        try {
            epoll.remove(eventFd);
        } catch (LinuxException e) {
            notUnwatched(e);
        }
    }

    /** If the start failed it was not watched yet, or is closed already. */
    private void notUnwatched(LinuxException e) {
        if (e.errno() != Errno.ENOENT && e.errno() != Errno.EBADF) {
            LOG.log(Level.WARNING, name + ": an eventfd is watched for ever", e);
        }
    }

    /** Whether it serves one device. Its own thread. */
    boolean servesOne() {
        return agents.size() == 1;
    }

    void add(DeviceAgent agent) {
        agents.add(agent);
    }

    void remove(DeviceAgent agent) {
        agents.remove(agent);
    }

    private void run() {
        while (!closed) {
            try {
                if (round() == 0 && !workComes()) {
                    sleep();
                }
            } catch (InternalError | RuntimeException e) {
                sleeping = false;
                failed(e);
            }
        }
        epoll.close();
        wake.close();
    }

    /** Looks on for a while. */
    private boolean workComes() {
        long nanos = spin.nanos();
        if (nanos == 0) {
            return false;
        }
        long from = System.nanoTime();
        while (!closed && System.nanoTime() - from < nanos) {
            Thread.onSpinWait();
            if (round() > 0) {
                spin.paid();
                return true;
            }
        }
        spin.wasVain();
        return false;
    }

    /**
     * What an agent has not caught itself ends that agent's session, not the worker (J-15). The JVM may tell of vanished
     * memory a few instructions late, when the agent that touched it has returned (J-01).
     */
    private void failed(Throwable cause) {
        if (agents.contains(lastTouched)) {
            lastTouched.fail(cause);
        } else {
            LOG.log(Level.ERROR, name + ": an error that belongs to no session", cause);
        }
    }

    private int round() {
        int done = 0;
        Runnable command;
        while ((command = commands.poll()) != null) {
            runCommand(command);
            done++;
        }
        for (int i = 0; i < agents.size(); i++) {
            lastTouched = agents.get(i);
            done += lastTouched.work();
        }
        return done;
    }

    private static void runCommand(Runnable command) {
        try {
            command.run();
        } catch (InternalError | RuntimeException e) {
            LOG.log(Level.ERROR, "a command failed on " + Thread.currentThread().getName(), e);
        }
    }

    private void sleep() {
        sleeping = true;
        VarHandle.fullFence(); // the flag before the last look
        boolean work = !commands.isEmpty();
        boolean shortly = false;
        for (int i = 0; i < agents.size(); i++) {
            lastTouched = agents.get(i);
            work |= lastTouched.prepareSleep();
            shortly |= lastTouched.sleepsShortly();
        }
        if (!work) {
            epoll.await(shortly ? SHORT_SLEEP_NANOS : FOR_EVER);
        }
        sleeping = false;
    }

    /** Ends the thread once its current round is over; sessions must have been stopped before. */
    @Override
    public void close() {
        closed = true;
        wake.signal();
        try {
            thread.join(JOIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            LOG.log(Level.WARNING, "{0} is still in a call of a backend; it is left behind", name);
        }
    }
}
