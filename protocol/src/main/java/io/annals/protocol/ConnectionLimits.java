package io.annals.protocol;

/// How many connections the front door holds at one time; more are closed as soon as they are
/// accepted.
///
/// @param most of all clients
/// @param mostPerAddress of one client address
public record ConnectionLimits(int most, int mostPerAddress) {

    public ConnectionLimits {
        FrontDoorLimits.requirePositive("most", most);
        FrontDoorLimits.requirePositive("mostPerAddress", mostPerAddress);
    }
}
