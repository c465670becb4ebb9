# shellcheck shell=bash
# Finds the JDK 25 or newer that every script here runs and builds with. To be sourced.
#   find_java25   sets and exports JAVA_HOME; status 1 when there is none
#   need_java25   the same, but ends the script with exit code 6 (not possible on this host) and one line of help
# No JVM is started to find out: each JDK names its version in its file "release".

# Is $1 the home of a JDK (with a compiler) of version 25 or newer?
is_java25() {
    local line version
    [[ -x $1/bin/java && -x $1/bin/javac && -r $1/release ]] || return 1
    while read -r line; do
        [[ $line == JAVA_VERSION=* ]] || continue
        version=${line#JAVA_VERSION=\"}
        version=${version%%[!0-9]*}
        ((${version:-0} >= 25))
        return
    done <"$1/release"
    return 1
}

find_java25() {
    local home on_path sdkman=${SDKMAN_DIR:-${HOME:-/root}/.sdkman}
    if [[ -n ${JAVA_HOME:-} ]] && is_java25 "$JAVA_HOME"; then
        export JAVA_HOME
        return
    fi
    for home in /usr/lib/jvm/* "$sdkman"/candidates/java/*; do
        if is_java25 "$home"; then
            export JAVA_HOME=$home
            return
        fi
    done
    on_path=$(readlink -f "$(type -P java)") || return 1
    is_java25 "${on_path%/bin/java}" && export JAVA_HOME=${on_path%/bin/java}
}

need_java25() {
    find_java25 && return
    echo "${0##*/}: no JDK 25 or newer found (JAVA_HOME, /usr/lib/jvm, SDKMAN, PATH): install Temurin 25," \
        "\"sdk install java 25-tem\" or, on Debian 13, \"apt-get install openjdk-25-jdk-headless\"" >&2
    exit 6
}
