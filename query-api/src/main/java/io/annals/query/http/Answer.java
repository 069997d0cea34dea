package io.annals.query.http;

/// What a request is answered with.
///
/// @param status HTTP status code
/// @param mediaType with charset, if it is text
/// @param body sent as it is; not to be changed any more
public record Answer(int status, String mediaType, byte[] body) {
    static final String JSON = "application/json; charset=utf-8";
    private static final int OK = 200;

    static Answer json(byte[] body) {
        return new Answer(OK, JSON, body);
    }
}
