import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.opensearch.Version;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.PluginInfo;

/**
 * One OpenSearch node from its published jars, started by `java OpenSearchNode.java FOLDER PORT`
 * with the jars on the class path: the plugins of the distribution's modules, loopback only.
 */
public class OpenSearchNode extends Node {
    private static final List<String> PLUGINS =
            List.of(
                    "org.opensearch.transport.Netty4ModulePlugin",
                    "org.opensearch.analysis.common.CommonAnalysisModulePlugin",
                    "org.opensearch.painless.PainlessModulePlugin",
                    "org.opensearch.index.mapper.MapperExtrasModulePlugin",
                    "org.opensearch.index.reindex.ReindexModulePlugin");

    private OpenSearchNode(Environment environment, List<PluginInfo> plugins) {
        super(environment, plugins, true);
    }

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]);
        int port = Integer.parseInt(arguments[1]);
        for (String folder : List.of("config", "data", "logs", "modules", "plugins")) {
            Files.createDirectories(home.resolve(folder));
        }
        System.setProperty("opensearch.path.home", home.toString());
        System.setProperty("opensearch.path.conf", home.resolve("config").toString());
        LogConfigurator.configureWithoutConfig(Settings.builder().put("logger.level", "INFO").build());
        Settings settings =
                Settings.builder()
                        .put("path.home", home)
                        .put("path.data", home.resolve("data"))
                        .put("path.logs", home.resolve("logs"))
                        .put("cluster.name", "peer")
                        .put("node.name", "n1")
                        .put("network.host", "127.0.0.1")
                        .put("http.port", port)
                        .put("transport.port", "0")
                        .put("http.type", "netty4")
                        .put("transport.type", "netty4")
                        .put("discovery.type", "single-node")
                        .put("cluster.routing.allocation.disk.threshold_enabled", false)
                        .put("node.store.allow_mmap", true)
                        .build();
        Environment environment =
                InternalSettingsPreparer.prepareEnvironment(
                        settings, Map.of(), home.resolve("config"), () -> "n1");
        OpenSearchNode node =
                new OpenSearchNode(environment, PLUGINS.stream().map(OpenSearchNode::plugin).toList());
        node.start();
        Runtime.getRuntime().addShutdownHook(new Thread(node::closeQuietly));
        Thread.currentThread().join();
    }

    private static PluginInfo plugin(String name) {
        return new PluginInfo(
                name.substring(name.lastIndexOf('.') + 1),
                "on the class path",
                "NA",
                Version.CURRENT,
                "21",
                name,
                null,
                List.of(),
                false);
    }

    private void closeQuietly() {
        try {
            close();
        } catch (java.io.IOException e) {
            e.printStackTrace();
        }
    }
}
