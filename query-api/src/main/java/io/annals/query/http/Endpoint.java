package io.annals.query.http;

/// Answers the requests of one route. Called on a virtual thread; may block.
@FunctionalInterface
public interface Endpoint {

    /// @throws Exception that [Problem] knows becomes its problem details, any other a 500
    Answer answer(Call call) throws Exception;
}
