package io.annals.archive.s3;

import io.annals.archive.NoSuchObjectException;
import io.annals.archive.ObjectStoreException;
import io.annals.archive.StoreFullException;
import io.annals.archive.StoreThrottledException;
import io.annals.archive.StoreUnusableException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.security.cert.CertificateException;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;

/// What the SDK throws, in the words of the port: which object, which bucket, and the cure where
/// only an operator can act. Thread-safe.
///
/// Codes: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.
final class S3Errors {
    private static final Set<String> FULL =
            Set.of("QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "TooManyBuckets");
    private static final Set<String> CREDENTIALS =
            Set.of(
                    "InvalidAccessKeyId",
                    "SignatureDoesNotMatch",
                    "ExpiredToken",
                    "InvalidToken",
                    "TokenRefreshRequired");
    private static final Set<String> REGION =
            Set.of(
                    "PermanentRedirect",
                    "TemporaryRedirect",
                    "AuthorizationHeaderMalformed",
                    "IllegalLocationConstraintException");

    private final String place;

    /// @param place bucket and endpoint, for people
    S3Errors(String place) {
        this.place = place;
    }

    /// @param what we tried, as in "cannot ..."
    IOException of(String key, String what, SdkException cause) {
        if (cause instanceof AbortedException) {
            InterruptedIOException interrupted =
                    new InterruptedIOException("interrupted: %s of object %s".formatted(what, key));
            interrupted.initCause(cause);
            return interrupted;
        }
        if (cause instanceof AwsServiceException answer) {
            return answered(key, what, answer);
        }
        if (isMissingCredentials(cause)) {
            return unusable(
                    key,
                    what,
                    "no credentials were found: set an access key, or give the SDK's default chain"
                            + " one",
                    cause);
        }
        if (isUntrusted(cause)) {
            return unusable(
                    key,
                    what,
                    "its certificate is not trusted (%s): have the JVM trust who signed it"
                                    .formatted(root(cause).getMessage())
                            + " (javax.net.ssl.trustStore)",
                    cause);
        }
        return new ObjectStoreException(
                key,
                "cannot %s in %s: no usable answer (%s)".formatted(what, place, rootMessage(cause)),
                true,
                cause);
    }

    static boolean isTaken(SdkException e) {
        return e instanceof AwsServiceException answer && answer.statusCode() == 412;
    }

    /// Somebody else is creating the same key right now; who tries again learns who won.
    static boolean isConflict(Throwable e) {
        return e instanceof AwsServiceException answer
                && answer.statusCode() == 409
                && !code(answer).equals("BucketNotEmpty");
    }

    static boolean isRangeBeyondEnd(SdkException e) {
        return e instanceof AwsServiceException answer && answer.statusCode() == 416;
    }

    static boolean isNoSuchUpload(SdkException e) {
        return e instanceof AwsServiceException answer && code(answer).equals("NoSuchUpload");
    }

    /// Asking again would be answered the same.
    static boolean isFinal(SdkException e) {
        return e instanceof AwsServiceException answer
                && (answer.statusCode() / 100 == 4 || answer.statusCode() == 501)
                && !answer.isThrottlingException();
    }

    /// The answer to a HEAD has no code: this may be the bucket.
    static boolean isNotFound(SdkException e) {
        return e instanceof AwsServiceException answer && answer.statusCode() == 404;
    }

    private IOException answered(String key, String what, AwsServiceException answer) {
        String code = code(answer);
        int status = answer.statusCode();
        if (code.equals("NoSuchBucket")) {
            return unusable(
                    key, what, "there is no such bucket: create it, or name another", answer);
        }
        if (CREDENTIALS.contains(code)) {
            return unusable(
                    key,
                    what,
                    "the credentials are refused (%s): set valid ones".formatted(code),
                    answer);
        }
        if (code.equals("RequestTimeTooSkewed") || answer.isClockSkewException()) {
            return unusable(
                    key,
                    what,
                    "the clocks of this machine and of the store differ too much: synchronize them",
                    answer);
        }
        if (REGION.contains(code) || status == 301) {
            return unusable(key, what, "the bucket is in another region: name that region", answer);
        }
        if (status == 401 || status == 403) {
            return unusable(
                    key,
                    what,
                    "access is denied: allow these credentials to list the bucket and to get, put"
                            + " and delete its objects",
                    answer);
        }
        if (status == 501) {
            return unusable(key, what, "the store does not offer this operation", answer);
        }
        return passing(key, what, answer);
    }

    private IOException passing(String key, String what, AwsServiceException answer) {
        String code = code(answer);
        int status = answer.statusCode();
        if (status == 404) {
            return new NoSuchObjectException(key);
        }
        if (FULL.contains(code) || status == 507) {
            return new StoreFullException(key, answer);
        }
        if (status == 429 || status == 503 || answer.isThrottlingException()) {
            return new StoreThrottledException(
                    key, "cannot %s in %s: %s".formatted(what, place, code), answer);
        }
        boolean retriable =
                status >= 500 || status == 408 || status == 409 || code.equals("BadDigest");
        return new ObjectStoreException(
                key,
                "cannot %s in %s: status %d, %s".formatted(what, place, status, detail(answer)),
                retriable,
                answer);
    }

    private StoreUnusableException unusable(
            String key, String what, String cure, SdkException cause) {
        return new StoreUnusableException(
                key, "cannot %s in %s: %s".formatted(what, place, cure), cause);
    }

    private static boolean isMissingCredentials(SdkException cause) {
        String message = cause.getMessage();
        return message != null && message.contains("Unable to load credentials");
    }

    private static boolean isUntrusted(Throwable cause) {
        for (Throwable at = cause; at != null; at = at.getCause()) {
            if (at instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    private static String code(AwsServiceException answer) {
        return answer.awsErrorDetails() == null || answer.awsErrorDetails().errorCode() == null
                ? ""
                : answer.awsErrorDetails().errorCode();
    }

    private static String detail(AwsServiceException answer) {
        return answer.awsErrorDetails() == null
                ? String.valueOf(answer.getMessage())
                : code(answer) + " " + answer.awsErrorDetails().errorMessage();
    }

    private static String rootMessage(Throwable cause) {
        return cause.getCause() == null
                ? String.valueOf(cause.getMessage())
                : "%s, %s".formatted(cause.getMessage(), root(cause));
    }

    private static Throwable root(Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }
}
