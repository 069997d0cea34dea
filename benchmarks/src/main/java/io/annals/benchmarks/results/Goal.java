package io.annals.benchmarks.results;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/// What a figure is to reach: a least where higher is better, a most where lower is.
///
/// @param to the side to beat; empty unless this is a [Kind#RATIO]
@JsonIgnoreProperties(ignoreUnknown = true)
public record Goal(Kind kind, String to, double bound) {

    /// What is compared with the bound.
    public enum Kind {
        /// The figure over that of another side.
        RATIO,
        /// The figure over what the hardware allows.
        SHARE,
        /// The figure itself.
        VALUE
    }

    public static Goal ratio(String to, double bound) {
        return new Goal(Kind.RATIO, to, bound);
    }

    public static Goal share(double bound) {
        return new Goal(Kind.SHARE, "", bound);
    }

    public static Goal value(double bound) {
        return new Goal(Kind.VALUE, "", bound);
    }
}
