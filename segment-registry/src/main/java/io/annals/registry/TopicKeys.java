package io.annals.registry;

import org.apache.kafka.common.Uuid;

/// A topic's id and the beginning of its objects' keys, shared by all of its entries. Immutable.
record TopicKeys(Uuid id, String segments, String splits) {

    static TopicKeys of(Uuid id) {
        return new TopicKeys(id, ObjectKeys.SEGMENTS + id + "/", ObjectKeys.SPLITS + id + "/");
    }

    String segment(String segmentId) {
        return segments + segmentId + ObjectKeys.TAR_GZ;
    }

    String split(String splitId) {
        return splits + splitId + ObjectKeys.TAR_GZ;
    }
}
