package io.annals.registry;

/// How an archive is asked for that somebody has.
public enum LeaseRequest {
    /// Wait and see whether the owner is alive; give up if it is.
    WAIT,
    /// Take it at once, from whomever.
    TAKE_OVER
}
