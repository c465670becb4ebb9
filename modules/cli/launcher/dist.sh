# shellcheck shell=bash
# Builds what ./vduse runs. To be sourced after java25.sh and java.sh, with $root set to the checkout.
#   dist_ready     makes sure that $dist names a usable build: builds when there is none or a source is newer
#   dist_publish   takes the jars of a Maven build that began when file $1 was touched (also called by ./test)
#
# Maven collects the jars in modules/cli/target/dist. They are copied from there into a folder of their own under
# modules/cli/target/launch, and "current" is switched to it: a disk that is being served while its checkout is built
# anew keeps the jars that it loads its classes from. A folder is removed when no process holds its lock any more.

launch_dir=$root/modules/cli/target/launch

dist_say() { echo "vduse: $*" >&2; }

# Is a source, or the list of a folder of sources, newer than the build in use?
dist_stale() {
    [[ -n $(find "$root/pom.xml" "$root/modules" -name target -prune -o -newer "$launch_dir/current/built" \
        \( -path '*/src/main*' -o -name pom.xml \) -print -quit) ]]
}

dist_usable() { [[ -e $launch_dir/current/built ]]; }

dist_writable() {
    local target=$root/modules/cli/target
    [[ -w $root/modules/cli && (! -e $target || -w $target) ]]
}

dist_ready() {
    # VDUSE_BUILD=never is set where no build can be made, as in the guest: Maven is not for emulated processors.
    if ! dist_usable || { [[ ${VDUSE_BUILD:-} != never ]] && dist_stale; }; then
        if [[ ${VDUSE_BUILD:-} != never ]] && dist_writable; then
            dist_locked dist_build_if_stale
        elif dist_usable; then
            dist_say "the build is older than its sources and $root is not writable: running it as it is"
        else
            dist_say "not built yet, and $root cannot be built here: run ./vduse once as a user who may write there"
            exit 6
        fi
    fi
    dist_hold
}

# Sets $dist and locks that folder for as long as the process lives that this script becomes.
dist_hold() {
    local hold
    while dist=$(readlink -f "$launch_dir/current") && exec {hold}<"$dist"; do
        flock -s "$hold"
        [[ -e $dist/built ]] && return
        exec {hold}<&- # a newer build came, and the folder went, between the two steps
    done
}

# Runs a command while nobody else builds here; the status is that of the command.
dist_locked() {
    local lock status
    exec {lock}<"$root/modules/cli"
    if ! flock -n "$lock"; then
        dist_say "waiting for the build that another process has begun"
        flock "$lock"
    fi
    "$@"
    status=$?
    exec {lock}<&-
    return $status
}

dist_build_if_stale() {
    # Who had to wait finds the work done.
    dist_usable && ! dist_stale && return
    dist_build
}

dist_build() {
    local log=$root/modules/cli/target/build.log began
    if ! type -P mvn >/dev/null; then
        dist_say "Maven is needed to build: \"apt-get install maven\" (or your system's package of that name)"
        exit 6
    fi
    if dist_usable; then dist_say "sources have changed: building"; else dist_say "first use: building, a minute or two"; fi
    mkdir -p "${log%/*}"
    began=$(mktemp)
    if ! mvn -B -ntp -f "$root/pom.xml" -Dmaven.test.skip=true -pl modules/cli -am package </dev/null 2>&1 |
        tee "$log" | sed -un 's/^\[INFO\] Building \(vduse4j[^ ]*\) .*/vduse: building \1/p' >&2; then
        if grep -q '^\[ERROR\]' "$log"; then sed -n '/^\[ERROR\] *$/q; /^\[ERROR\] -> \[Help/q; /^\[ERROR\]/p' "$log"; else tail -n 40 "$log"; fi >&2
        rm -f "$began"
        dist_say "the build failed; all of Maven's output is in $log"
        exit 1
    fi
    dist_publish "$began"
    rm -f "$began"
}

dist_publish() {
    local began=$1 fresh old lock
    mkdir -p "$launch_dir"
    fresh=$(mktemp -d "$launch_dir/build-XXXXXX")
    chmod 755 "$fresh"
    cp "$root"/modules/cli/target/dist/*.jar "$fresh"
    dist_archivable "$fresh"/picocli-*.jar
    dist_aot "$fresh"
    touch -r "$began" "$fresh/built"
    ln -sfn "${fresh##*/}" "$launch_dir/next"
    mv -T "$launch_dir/next" "$launch_dir/current"
    for old in "$launch_dir"/build-*; do
        [[ $old == "$fresh" ]] && continue
        exec {lock}<"$old"
        flock -n "$lock" && rm -rf "$old"
        exec {lock}<&-
    done
    # Built under sudo: what was made belongs to the owner of the checkout, who could not build any more otherwise.
    if ((EUID == 0)); then
        find "$root/modules" -name target -prune -exec chown -R --reference="$root/pom.xml" {} +
    fi
}

# Makes a jar with old classes one that the start-up cache can hold.
dist_archivable() {
    if "$JAVA_HOME/bin/java" "$root/modules/cli/launcher/ArchivableJar.java" "$1" "$1.new" >"$1.log" 2>&1 </dev/null; then
        mv "$1.new" "$1"
        rm -f "$1.log"
    else
        rm -f "$1.new"
        dist_say "${1##*/} stays out of the start-up cache ($1.log says why); commands start slower"
    fi
}

# The cache of loaded and linked classes (JEP 514) for exactly this JDK and these jars. Start-up is merely slower without.
dist_aot() {
    local aot_cache
    dist=$1
    aot_cache=$1/$(aot_name)
    java_command run
    if ! "${java_command[0]}" -XX:AOTCacheOutput="$aot_cache" "${java_command[@]:1:${#java_command[@]}-2}" \
        io.vduse4j.cli/io.vduse4j.cli.Rehearsal >"$1/aot.log" 2>&1 </dev/null ||
        [[ ! -s $aot_cache ]]; then
        rm -f "$aot_cache"
        dist_say "no start-up cache could be made ($1/aot.log says why); commands start a little slower"
    fi
}
