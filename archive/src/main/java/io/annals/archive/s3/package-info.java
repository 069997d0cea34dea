/// The object store on S3, or on whatever speaks its protocol.
///
/// Start at [S3ObjectStore] and [S3Settings]; [S3StartCheck] says at start whether a bucket will
/// do.
///
/// Threading: the store is thread-safe and blocks its callers; parts of large objects are sent by
/// virtual threads under one bound per store. An interrupt ends a call from a virtual thread.
///
/// What S3 is asked for and how it answers: <https://docs.aws.amazon.com/AmazonS3/latest/API/>.
@NullMarked
package io.annals.archive.s3;

import org.jspecify.annotations.NullMarked;
