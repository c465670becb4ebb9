# shellcheck shell=bash
# The command line of the JVM. To be sourced; needs JAVA_HOME and $dist, the folder of the jars.

# Sets the array $java_command for the vduse command $1. More options for the JVM: in the JDK's own JDK_JAVA_OPTIONS.
java_command() {
    java_command=(
        "$JAVA_HOME/bin/java"
        # Heap is for the control plane only; guest memory and buffers are outside of it and have their own budget.
        -XX:+UseSerialGC -Xmx256m -XX:+ExitOnOutOfMemoryError
        # Who reports its own death for long (120 s unless told) is not dead: nobody takes its disks over meanwhile.
        -XX:ErrorLogTimeout=5
        # Standard output belongs to the device; what the JVM itself has to say goes to standard error, and it is silent
        # when it does not like the start-up cache.
        -XX:+DisplayVMOutputToStderr -Xlog:disable '-Xlog:all=warning,aot*=off,cds*=off:stderr'
        # Without --illegal-native-access=deny, which every test has: it switches off the archived module graph, and each
        # start takes 100 ms longer. Nothing else here may call native code; the JVM would warn about it.
        --enable-native-access=io.vduse4j.linux
    )
    case ${1:-} in
        # These serve disks for long: they get the optimizing compiler, but not for what only their start needs, which
        # would take longer to compile than it takes to run.
        run | daemon | kernel) java_command+=(-XX:CompileThresholdScaling=10) ;;
        bench) ;;
        *) java_command+=(-XX:TieredStopAtLevel=1) ;;
    esac
    local cache
    cache=$dist/$(aot_name)
    [[ -s $cache ]] && java_command+=(-XX:AOTCache="$cache")
    java_command+=(-p "$dist" -m io.vduse4j.cli/io.vduse4j.cli.Main)
}

# The name carries the JDK's version and home: another JDK does not see it.
aot_name() {
    local line version=
    while read -r line; do
        [[ $line == JAVA_RUNTIME_VERSION=* ]] && version=${line#*=}
    done <"$JAVA_HOME/release"
    version=$JAVA_HOME-$version
    echo "${version//[!a-zA-Z0-9.+-]/}.aot"
}
