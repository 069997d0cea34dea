package io.annals.archive.s3;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/// Where a bucket is and how to talk to it. Immutable.
///
/// @param prefix in front of every key, empty or ending with a slash
/// @param endpoint of a store that is not Amazon's
/// @param region what the SDK finds in its environment if empty; stores other than Amazon's take
///   any
/// @param pathStyle whether the bucket is in the path of the URL instead of in the host name
/// @param credentials what the SDK's default chain finds if empty: environment, profile, container,
///   instance
public record S3Settings(
        String bucket,
        String prefix,
        Optional<URI> endpoint,
        Optional<String> region,
        boolean pathStyle,
        Optional<Credentials> credentials,
        Limits limits) {

    public S3Settings {
        if (bucket.isEmpty()) {
            throw new IllegalArgumentException("the bucket must be named");
        }
        if (!prefix.isEmpty() && (!prefix.endsWith("/") || prefix.startsWith("/"))) {
            throw new IllegalArgumentException(
                    "prefix %s must be empty or end, but not start, with /".formatted(prefix));
        }
    }

    /// For people: bucket and endpoint.
    public String place() {
        return endpoint.map(uri -> "bucket %s at %s".formatted(bucket, uri))
                .orElse("bucket " + bucket);
    }

    /// An access key. Its text form leaves the secret out.
    public record Credentials(String accessKeyId, String secretAccessKey) {
        @Override
        public String toString() {
            return "access key " + accessKeyId;
        }
    }

    /// Bounds of time, tries and memory.
    ///
    /// @param attemptTimeout of one try
    /// @param callTimeout of all tries of one call, pauses included
    /// @param attempts of one call, the first included
    /// @param connections at one time
    /// @param partBytes of an upload in parts; a file that is larger goes up in parts
    /// @param partsAtOnce on their way at one time, for all uploads together
    public record Limits(
            Duration connectTimeout,
            Duration attemptTimeout,
            Duration callTimeout,
            int attempts,
            int connections,
            int partBytes,
            int partsAtOnce) {
        public static final Limits DEFAULTS =
                new Limits(
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(60),
                        Duration.ofMinutes(3),
                        6,
                        128,
                        16 << 20, // 16 MiB
                        6);

        public Limits {
            if (attempts < 1 || connections < 1 || partBytes < 1 || partsAtOnce < 1) {
                throw new IllegalArgumentException("every limit must be positive");
            }
        }
    }
}
