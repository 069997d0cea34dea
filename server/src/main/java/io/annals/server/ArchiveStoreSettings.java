package io.annals.server;

import io.annals.archive.s3.S3Settings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;
import org.jspecify.annotations.Nullable;

/// The settings that choose and describe the archive's object store. Immutable.
final class ArchiveStoreSettings {
    static final String STORE = "annals.archive.store";
    static final String DIR = "annals.archive.dir";
    static final String BUCKET = "annals.archive.s3.bucket";
    static final String PREFIX = "annals.archive.s3.prefix";
    static final String WORKING_BUCKET = "annals.archive.s3.working.bucket";
    static final String WORKING_PREFIX = "annals.archive.s3.working.prefix";
    static final String ENDPOINT = "annals.archive.s3.endpoint";
    static final String REGION = "annals.archive.s3.region";
    static final String PATH_STYLE = "annals.archive.s3.path.style";
    static final String ACCESS_KEY = "annals.archive.s3.access.key.id";
    static final String SECRET_KEY = "annals.archive.s3.secret.access.key";
    static final String CONNECTIONS = "annals.archive.s3.max.connections";
    static final String ATTEMPT_TIMEOUT_MS = "annals.archive.s3.attempt.timeout.ms";
    static final String CALL_TIMEOUT_MS = "annals.archive.s3.call.timeout.ms";
    static final String ATTEMPTS = "annals.archive.s3.max.attempts";
    static final String PART_BYTES = "annals.archive.s3.part.bytes";
    static final String PARTS_AT_ONCE = "annals.archive.s3.parts.parallelism";

    private static final String S3 = "s3";
    private static final int LEAST_PART_BYTES = 5 << 20; // 5 MiB, which S3 asks for
    private static final Validator PREFIXES =
            new Text(
                    "([A-Za-z0-9._-]+/)*",
                    "empty, or letters, digits, `.`, `_`, `-` and `/`, with a `/` at the end only");
    private static final Validator BUCKETS =
            new Text("[a-z0-9.-]{0,63}", "a bucket's name: at most 63 of a-z, 0-9, `.`, `-`");

    private final Map<String, Object> values;

    ArchiveStoreSettings(Map<String, Object> values) {
        this.values = values;
    }

    static ConfigDef definitions() {
        ConfigDef definitions = new ConfigDef();
        definePlaces(definitions);
        defineAccess(definitions);
        defineLimits(definitions, S3Settings.Limits.DEFAULTS);
        return definitions;
    }

    private static void definePlaces(ConfigDef definitions) {
        define(
                definitions,
                STORE,
                "file",
                new Text("file|s3", "file, s3"),
                "Where archive objects live: `file` is a folder, `s3` a bucket.");
        define(
                definitions,
                DIR,
                "",
                new Text("(?s).*", "a folder, or empty"),
                "Folder of the archive's objects, on the file system of the data directory if this"
                        + " server writes; empty is `archive` in the data directory.");
        define(definitions, BUCKET, "", BUCKETS, "Bucket of the archive.");
        define(definitions, PREFIX, "", PREFIXES, "In front of every key in that bucket.");
        define(
                definitions,
                WORKING_BUCKET,
                "",
                BUCKETS,
                "Bucket of what can be made again (index splits, registry), if it is another one:"
                        + " where the store's object lock disables conditional creation, only the"
                        + " bucket of record segments and topics may be locked.");
        define(definitions, WORKING_PREFIX, "", PREFIXES, "In front of every key in that bucket.");
    }

    private static void defineAccess(ConfigDef definitions) {
        define(
                definitions,
                ENDPOINT,
                "",
                new Text(
                        "(https?://[^/\\s]+/?)?",
                        "empty, or http://HOST:PORT or https://HOST:PORT"),
                "Address of a store that is not Amazon's.");
        define(
                definitions,
                REGION,
                "",
                new Text("[a-z0-9-]*", "a region, or empty"),
                "Region of the bucket; if empty, what the AWS SDK finds in its environment.");
        definitions.define(
                PATH_STYLE,
                ConfigDef.Type.BOOLEAN,
                false,
                new Text("true|false", "true, false"),
                Importance.MEDIUM,
                "Whether the bucket is in the path of the URL instead of in the host name; most"
                        + " stores other than Amazon's need it.");
        define(
                definitions,
                ACCESS_KEY,
                "",
                new Text("\\S*", "a key id, or empty"),
                "If empty, credentials come from the AWS SDK's default chain: environment, profile,"
                        + " container, instance.");
        definitions.define(
                SECRET_KEY,
                ConfigDef.Type.PASSWORD,
                new Password(""),
                new Text("(?s).*", "any text"),
                Importance.MEDIUM,
                "The secret of that key. Better in the environment than in a file; never shown.");
    }

    private static void defineLimits(ConfigDef definitions, S3Settings.Limits limits) {
        whole(
                definitions,
                CONNECTIONS,
                limits.connections(),
                1,
                10_000,
                "Connections at one time.");
        whole(
                definitions,
                ATTEMPT_TIMEOUT_MS,
                (int) limits.attemptTimeout().toMillis(),
                100,
                3_600_000,
                "The longest that one try of a call may take.");
        whole(
                definitions,
                CALL_TIMEOUT_MS,
                (int) limits.callTimeout().toMillis(),
                100,
                3_600_000,
                "The longest that a call may take, with all tries and the pauses between them.");
        whole(
                definitions,
                ATTEMPTS,
                limits.attempts(),
                1,
                100,
                "Tries of one call, the first included; a budget stops them when much fails.");
        whole(
                definitions,
                PART_BYTES,
                limits.partBytes(),
                LEAST_PART_BYTES,
                1 << 30,
                "Files larger than this are sent in parts of this size.");
        whole(
                definitions,
                PARTS_AT_ONCE,
                limits.partsAtOnce(),
                1,
                256,
                "Parts on their way at one time, all uploads together.");
    }

    boolean isS3() {
        return text(STORE).equals(S3);
    }

    /// Where objects are, if not in S3.
    Path folder(Path dataDirectory) {
        return text(DIR).isEmpty()
                ? dataDirectory.resolve(DataDirectory.ARCHIVE)
                : Path.of(text(DIR)).toAbsolutePath().normalize();
    }

    /// What the single settings allow, but not together.
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (isS3() && text(BUCKET).isEmpty()) {
            problems.add("%s = s3 needs %s".formatted(STORE, BUCKET));
        }
        if (text(ACCESS_KEY).isEmpty() != secret().isEmpty()) {
            problems.add("%s and %s are set together or not".formatted(ACCESS_KEY, SECRET_KEY));
        }
        boolean samePlace =
                text(BUCKET).equals(text(WORKING_BUCKET))
                        && text(PREFIX).equals(text(WORKING_PREFIX));
        if (isS3() && samePlace) {
            problems.add(
                    "%s names the archive's own place: leave it empty".formatted(WORKING_BUCKET));
        }
        return problems;
    }

    /// One bucket, or two: of evidence, then of what can be made again.
    List<S3Settings> buckets() {
        List<S3Settings> buckets = new ArrayList<>();
        buckets.add(bucket(text(BUCKET), text(PREFIX)));
        if (!text(WORKING_BUCKET).isEmpty()) {
            buckets.add(bucket(text(WORKING_BUCKET), text(WORKING_PREFIX)));
        }
        return buckets;
    }

    private S3Settings bucket(String name, String prefix) {
        return new S3Settings(
                name,
                prefix,
                given(ENDPOINT).map(URI::create),
                given(REGION),
                (Boolean) value(PATH_STYLE),
                given(ACCESS_KEY).map(id -> new S3Settings.Credentials(id, secret())),
                new S3Settings.Limits(
                        S3Settings.Limits.DEFAULTS.connectTimeout(),
                        Duration.ofMillis(whole(ATTEMPT_TIMEOUT_MS)),
                        Duration.ofMillis(whole(CALL_TIMEOUT_MS)),
                        whole(ATTEMPTS),
                        whole(CONNECTIONS),
                        whole(PART_BYTES),
                        whole(PARTS_AT_ONCE)));
    }

    private Optional<String> given(String name) {
        return Optional.of(text(name)).filter(text -> !text.isEmpty());
    }

    private String text(String name) {
        return (String) value(name);
    }

    private int whole(String name) {
        return (Integer) value(name);
    }

    private String secret() {
        return ((Password) value(SECRET_KEY)).value();
    }

    private Object value(String name) {
        Object value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("no such setting: " + name);
        }
        return value;
    }

    private static void define(
            ConfigDef definitions,
            String name,
            String preset,
            Validator validator,
            String documentation) {
        definitions.define(
                name, ConfigDef.Type.STRING, preset, validator, Importance.MEDIUM, documentation);
    }

    private static void whole(
            ConfigDef definitions,
            String name,
            int preset,
            int least,
            int most,
            String documentation) {
        definitions.define(
                name,
                ConfigDef.Type.INT,
                preset,
                new SettingValidators.WholeNumber(least, most),
                Importance.MEDIUM,
                documentation);
    }

    /// Says what it allows by its `toString`.
    private record Text(String pattern, String words) implements Validator {
        @Override
        public void ensureValid(String name, @Nullable Object value) {
            String text = value instanceof Password secret ? secret.value() : "" + value;
            if (!Pattern.matches(pattern, text)) {
                throw new ConfigException(name, value, "must be " + this);
            }
        }

        @Override
        public String toString() {
            return words;
        }
    }
}
