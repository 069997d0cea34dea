package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class BackgroundThreadsTest {
    /// Field 19 of `/proc/thread-self/stat`, counted from behind the name (proc(5)).
    private static final int NICE = 16;

    @Test
    void givesWayToTheThreadsThatServeClients() throws Exception {
        assertThat(niceOf(BackgroundThreads.named("archiver-"))).isEqualTo(BackgroundThreads.NICE);
    }

    @Test
    void leavesTheOtherThreadsAsTheyAre() throws Exception {
        int before = niceOf(Thread::new);
        niceOf(BackgroundThreads.named("archiver-"));

        assertThat(niceOf(Thread::new)).isEqualTo(before);
    }

    private static int niceOf(ThreadFactory threads) throws Exception {
        CompletableFuture<String> stat = new CompletableFuture<>();
        threads.newThread(
                        () -> {
                            try {
                                stat.complete(Files.readString(Path.of("/proc/thread-self/stat")));
                            } catch (IOException e) {
                                stat.completeExceptionally(e);
                            }
                        })
                .start();
        String afterName = stat.get().substring(stat.get().lastIndexOf(')') + 2);
        return Integer.parseInt(afterName.split(" ")[NICE]);
    }
}
