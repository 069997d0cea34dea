package io.annals.indexer;

/// What operators are told of a failure: its message, or what kind it is if it has none.
final class FailureReason {
    private FailureReason() {}

    static String of(Throwable failure) {
        String message = failure.getMessage();
        return message == null || message.isBlank() ? failure.getClass().getName() : message;
    }
}
