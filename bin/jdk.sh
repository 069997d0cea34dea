# Sourced by mvnw and bin/annals (POSIX sh). Sets JAVA_HOME to a JDK 25 or newer: the given JAVA_HOME,
# else the javac on PATH, else the usual install folders. Says what to install if there is none.

annals_jdk_version() { # prints the major version of the JDK in folder $1, nothing if it is none
    [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

annals_find_jdk() {
    annals_path_javac=$(command -v javac 2>/dev/null) && annals_path_javac=$(readlink -f "$annals_path_javac")
    for annals_jdk in "${JAVA_HOME:-}" "${annals_path_javac%/bin/javac}" \
        /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/*jdk* /Library/Java/JavaVirtualMachines/*/Contents/Home \
        "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.asdf/installs/java/*; do
        [ -n "$annals_jdk" ] || continue
        annals_version=$(annals_jdk_version "$annals_jdk")
        if [ "${annals_version:-0}" -ge 25 ]; then
            JAVA_HOME=$annals_jdk
            export JAVA_HOME
            return 0
        fi
    done
    echo "annals: no JDK 25 or newer found (looked at JAVA_HOME, PATH and the usual JVM folders)." >&2
    echo "annals: install one, for example Eclipse Temurin 25, or set JAVA_HOME to it." >&2
    return 1
}

annals_find_jdk || exit 3
