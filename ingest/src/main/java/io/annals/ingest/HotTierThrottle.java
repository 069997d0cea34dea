package io.annals.ingest;

import io.annals.wal.WalUsage;
import java.time.Duration;

/// Slows producers down before the hot tier refuses them: from a share of its bound on, each is
/// told to wait, the longer the fuller it is.
///
/// @param from share of the bound in use, 0 to 1
/// @param max wait at the bound
record HotTierThrottle(double from, Duration max) {

    HotTierThrottle {
        if (!(from >= 0 && from < 1)) {
            throw new IllegalArgumentException(
                    "throttle from %s, allowed is 0 to below 1".formatted(from));
        }
    }

    int throttleTimeMs(WalUsage usage) {
        double above = Math.min(1, usage.fraction()) - from;
        return above <= 0 ? 0 : (int) Math.ceil(max.toMillis() * above / (1 - from));
    }
}
