package io.annals.indexer;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;

/// Makes the platform threads that index: they run on what the threads that serve clients leave.
///
/// On Linux each thread sets its own nice value when it starts; the JVM's thread priorities have no
/// effect there. Elsewhere, or where the call is refused, they are ordinary threads. Why: ADR 0045.
final class BackgroundThreads {
    /// Weighs about a tenth of a thread with the default of 0 when both want the same core.
    static final int NICE = 10;

    private static final int PRIO_PROCESS = 0;
    private static final int CALLING_THREAD = 0;

    private BackgroundThreads() {}

    /// Daemon threads named `prefix` and a number.
    static ThreadFactory named(String prefix) {
        ThreadFactory threads = Thread.ofPlatform().name(prefix, 0).daemon().factory();
        return work ->
                threads.newThread(() -> {
                    giveWay();
                    work.run();
                });
    }

    private static void giveWay() {
        if (Native.SET_PRIORITY.isEmpty()) {
            return;
        }
        try {
            int _ = (int) Native.SET_PRIORITY.get().invokeExact(PRIO_PROCESS, CALLING_THREAD, NICE);
        } catch (Throwable e) {
            throw new IllegalStateException("setpriority(2) could not be called", e);
        }
    }

    /// Looked up by the first background thread, so that the start does not wait for it.
    private static final class Native {
        static final Optional<MethodHandle> SET_PRIORITY = lookUp();

        @SuppressWarnings("restricted") // setpriority(2) takes three numbers and no memory
        private static Optional<MethodHandle> lookUp() {
            if (!System.getProperty("os.name").equals("Linux")) {
                return Optional.empty();
            }
            try {
                Linker linker = Linker.nativeLinker();
                return Optional.of(
                        linker.downcallHandle(
                                linker.defaultLookup().findOrThrow("setpriority"),
                                FunctionDescriptor.of(
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_INT)));
            } catch (RuntimeException e) {
                return Optional.empty();
            }
        }
    }
}
