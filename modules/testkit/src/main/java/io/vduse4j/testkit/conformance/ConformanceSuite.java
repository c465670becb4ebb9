package io.vduse4j.testkit.conformance;

import io.vduse4j.vduse.abi.VduseApi1;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The classes of the suite. */
public final class ConformanceSuite {
    private static final List<Class<?>> CLASSES = List.of(
            ControlNodeConformance.class,
            CreateConformance.class,
            DestroyConformance.class,
            AttributeConformance.class,
            IdleDeviceConformance.class,
            ConfigSpaceConformance.class,
            IdleMessageConformance.class,
            MessageConformance.class,
            RefusalConformance.class,
            SilenceConformance.class,
            BusConformance.class,
            AttachedConformance.class,
            TranscriptConformance.class,
            MemoryConformance.class,
            InterruptConformance.class,
            KickConformance.class,
            UserMemoryConformance.class,
            VhostDeviceConformance.class,
            VhostQueueConformance.class,
            VhostMappingConformance.class);

    private static final List<Class<?>> VERSION_1 = List.of(Version1Conformance.class, VhostVersion1Conformance.class);

    private ConformanceSuite() {}

    /**
     * The classes that the runners of a host extend.
     *
     * @param apiVersion the highest that the host speaks
     */
    public static List<Class<?>> classes(long apiVersion) {
        return Stream.of(CLASSES, apiVersion >= VduseApi1.VDUSE_API_VERSION_1 ? VERSION_1 : List.<Class<?>>of())
                .flatMap(List::stream)
                .toList();
    }

    /**
     * The classes that no runner of a host extends, for a test of the runners.
     *
     * @param apiVersion the highest that the host speaks
     * @param runners the classes with the nested classes
     */
    public static List<Class<?>> missing(long apiVersion, Class<?>... runners) {
        var extended = Arrays.stream(runners)
                .flatMap(runner -> Arrays.stream(runner.getDeclaredClasses()))
                .map(Class::getSuperclass)
                .toList();
        return classes(apiVersion).stream()
                .filter(suite -> !extended.contains(suite))
                .toList();
    }
}
