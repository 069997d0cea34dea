package io.annals.benchmarks.e2e;

import picocli.CommandLine.Command;

/// What the archive costs in S3, beside the SDK alone on the same server and beside local files.
@Command(
        name = "s3",
        description = "the archive in S3: upload, consume and search, beside the bare SDK",
        subcommands = {S3UploadBench.class, S3ConsumeBench.class, S3SearchBench.class})
final class S3Bench {
    private S3Bench() {}
}
