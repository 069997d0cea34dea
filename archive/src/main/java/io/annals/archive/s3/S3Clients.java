package io.annals.archive.s3;

import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/// Configured clients of the SDK: the place of retries, budgets and timeouts.
///
/// Retries are the SDK's standard strategy: exponential back-off with jitter, out of a bucket of
/// tokens that failures empty and successes fill, so that a store in trouble is not drowned in
/// retries. Checksums are sent and verified by [S3ObjectStore] itself, the same way on every store.
final class S3Clients {
    /// Signatures name a region even where the store has none.
    private static final Region ANY_REGION = Region.US_EAST_1;

    private S3Clients() {}

    static S3Client open(S3Settings settings) {
        S3Settings.Limits limits = settings.limits();
        S3ClientBuilder builder =
                S3Client.builder()
                        .httpClientBuilder(
                                Apache5HttpClient.builder()
                                        .maxConnections(limits.connections())
                                        .connectionTimeout(limits.connectTimeout())
                                        .connectionAcquisitionTimeout(limits.attemptTimeout())
                                        .socketTimeout(limits.attemptTimeout()))
                        .forcePathStyle(settings.pathStyle())
                        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                        .overrideConfiguration(configuration ->
                                configuration
                                        .apiCallAttemptTimeout(limits.attemptTimeout())
                                        .apiCallTimeout(limits.callTimeout())
                                        .retryStrategy(retries(limits.attempts())));
        settings.endpoint().ifPresent(builder::endpointOverride);
        if (settings.region().isPresent()) {
            builder.region(Region.of(settings.region().get()));
        } else if (settings.endpoint().isPresent()) {
            builder.region(ANY_REGION);
        }
        settings.credentials()
                .map(one -> AwsBasicCredentials.create(one.accessKeyId(), one.secretAccessKey()))
                .map(StaticCredentialsProvider::create)
                .ifPresent(builder::credentialsProvider);
        return builder.build();
    }

    private static StandardRetryStrategy retries(int attempts) {
        return AwsRetryStrategy.standardRetryStrategy().toBuilder()
                .maxAttempts(attempts)
                .retryOnException(S3Errors::isConflict)
                .build();
    }
}
