package io.vduse4j.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Takes the signals that ask a process to end. Handlers run on threads of the JVM and must be short.
 *
 * <p>{@code sun.misc.Signal} is the only way that needs no shutdown hook (J-13). It is reached by reflection because javac
 * warns of each of its uses, has no switch for that, and a warning fails the build.
 */
final class StopSignals {
    private StopSignals() {}

    /** Ended by an operator or a supervisor, by Ctrl-C, by a terminal that went away. */
    private static final List<String> NAMES = List.of("TERM", "INT", "HUP");

    /**
     * Takes the signals from now on, for an orderly end at the first and an end at once at the second. Where they cannot be
     * taken that is said, and what it means.
     *
     * @param end gets its deadline with the first signal
     * @param first gets the number of the first signal
     * @param leaves who leaves what behind when a signal ends the process: for the message
     */
    static void take(Console console, HardEnd end, IntConsumer first, String leaves) {
        var requests = new StopRequests(
                System::nanoTime,
                signal -> {
                    end.startDeadline();
                    first.accept(signal);
                },
                () -> end.now("ended at once by a second signal", ExitCode.FAILED));
        try {
            take(requests);
        } catch (ReflectiveOperationException refused) {
            console.say(
                    "signals cannot be taken (" + refused.getCause() + "): " + leaves + "; start the JVM without -Xrs");
        }
    }

    /**
     * Takes the signals from now on. One that the process was started to ignore (nohup) stays ignored.
     *
     * @param handler gets the number of each
     * @throws ReflectiveOperationException if the JVM was told to leave signals alone (-Xrs)
     */
    static void take(IntConsumer handler) throws ReflectiveOperationException {
        var signal = Class.forName("sun.misc.Signal");
        var handling = Class.forName("sun.misc.SignalHandler");
        var number = signal.getMethod("getNumber");
        InvocationHandler call = (proxy, method, arguments) -> switch (method.getName()) {
            case "handle" -> {
                handler.accept((int) number.invoke(arguments[0]));
                yield null;
            }
            case "equals" -> proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default -> "stop";
        };
        var proxy = Proxy.newProxyInstance(StopSignals.class.getClassLoader(), new Class<?>[] {handling}, call);
        var handle = signal.getMethod("handle", signal, handling);
        for (var name : NAMES) {
            handle.invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        }
    }
}
