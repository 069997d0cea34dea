package io.annals.benchmarks.e2e;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/// What a server's JVM has allocated on its heap so far, by all its threads, those that ended
/// included: asked over JMX, for which the server's JVM is told to listen to this machine.
final class AllocatedBytes implements AutoCloseable {
    private final JMXConnector connector;

    private AllocatedBytes(JMXConnector connector) {
        this.connector = connector;
    }

    static AllocatedBytes of(long pid) throws IOException, InterruptedException {
        jcmd(pid, "ManagementAgent.start_local");
        String address =
                jcmd(pid, "ManagementAgent.status")
                        .lines()
                        .filter(line -> line.contains("service:jmx:"))
                        .findFirst()
                        .map(line -> line.substring(line.indexOf("service:jmx:")).strip())
                        .orElseThrow(() -> new IOException("process " + pid + " does not listen"));
        return new AllocatedBytes(JMXConnectorFactory.connect(new JMXServiceURL(address)));
    }

    private static String jcmd(long pid, String command) throws IOException, InterruptedException {
        Process jcmd =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                                Long.toString(pid),
                                command)
                        .redirectErrorStream(true)
                        .start();
        String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (jcmd.waitFor() != 0) {
            throw new IOException("jcmd %d %s: %s".formatted(pid, command, said));
        }
        return said;
    }

    long now() throws IOException {
        try {
            MBeanServerConnection server = connector.getMBeanServerConnection();
            ObjectName threads = ObjectName.getInstance(ManagementFactory.THREAD_MXBEAN_NAME);
            return (Long) server.getAttribute(threads, "TotalThreadAllocatedBytes");
        } catch (JMException e) {
            throw new IOException("the server's JVM does not count allocations", e);
        }
    }

    @Override
    public void close() throws IOException {
        connector.close();
    }
}
