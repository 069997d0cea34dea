package io.annals.query;

import io.annals.query.FetchContext.Answered;
import io.annals.query.FetchContext.Asked;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchResponse;

/// The partitions that one client reads, remembered between its requests (KIP-227), with what it
/// was told about each: so requests name only what changed and answers only what is new.
///
/// Partitions are read in the order in which they were last silent: one that gave records goes to
/// the end, which keeps it fair. Thread-safe.
final class FetchSession {
    private static final long NOTHING_TOLD = -1;

    private final int id;
    private final boolean byId;
    private final TopicNames names;
    private final Map<FetchTarget, Remembered> partitions = new LinkedHashMap<>();
    private int epoch = FetchMetadata.nextEpoch(FetchMetadata.INITIAL_EPOCH);

    private static final class Remembered {
        private FetchPartition asked;
        private long highWatermark;
        private long logStartOffset;

        Remembered(FetchPartition asked, long highWatermark, long logStartOffset) {
            this.asked = asked;
            this.highWatermark = highWatermark;
            this.logStartOffset = logStartOffset;
        }

        /// Whether the client must hear of it; takes note of what it then knows.
        boolean isNews(PartitionData data) {
            boolean failed = data.errorCode() != Errors.NONE.code();
            boolean isNews =
                    failed
                            || FetchResponse.recordsSize(data) > 0
                            || FetchResponse.isDivergingEpoch(data)
                            || highWatermark != data.highWatermark()
                            || logStartOffset != data.logStartOffset();
            highWatermark = failed ? NOTHING_TOLD : data.highWatermark();
            logStartOffset = data.logStartOffset();
            return isNews;
        }
    }

    /// @param request the full one that opens the session
    FetchSession(int id, FetchContext.Opening request, List<Answered> answers) {
        this.id = id;
        this.byId = request.byId();
        this.names = request.names();
        List<Asked> asked = request.asked();
        for (int i = 0; i < asked.size(); i++) {
            PartitionData told = answers.get(i).data();
            partitions.put(
                    asked.get(i).target(),
                    new Remembered(
                            asked.get(i).asked(), told.highWatermark(), told.logStartOffset()));
        }
    }

    int id() {
        return id;
    }

    TopicNames names() {
        return names;
    }

    synchronized int size() {
        return partitions.size();
    }

    /// Takes over what changed and goes to the next epoch, unless the request does not continue
    /// this session.
    synchronized FetchContext proceed(
            FetchMetadata metadata,
            boolean requestById,
            Collection<Asked> changed,
            Collection<FetchTarget> forgotten) {
        if (metadata.epoch() != epoch) {
            return new FetchContext.Refused(Errors.INVALID_FETCH_SESSION_EPOCH);
        }
        if (requestById != byId) {
            return new FetchContext.Refused(Errors.FETCH_SESSION_TOPIC_ID_ERROR);
        }
        for (Asked one : changed) {
            Remembered present = partitions.get(one.target());
            if (present == null) {
                partitions.put(
                        one.target(), new Remembered(one.asked(), NOTHING_TOLD, NOTHING_TOLD));
            } else {
                present.asked = one.asked();
            }
        }
        forgotten.forEach(partitions::remove);
        epoch = FetchMetadata.nextEpoch(epoch);
        List<Asked> all = new ArrayList<>(partitions.size());
        partitions.forEach((target, one) -> all.add(new Asked(target, one.asked)));
        return new FetchContext.Continuing(all, epoch, this);
    }

    /// @param atEpoch if the session has moved on since, the request was repeated
    synchronized FetchResponseData respond(int atEpoch, List<Answered> answers) {
        if (atEpoch != epoch) {
            answers.forEach(Answered::release);
            return new FetchResponseData()
                    .setErrorCode(Errors.INVALID_FETCH_SESSION_EPOCH.code())
                    .setSessionId(id);
        }
        List<Answered> news = new ArrayList<>();
        for (Answered answer : answers) {
            Remembered known = partitions.get(answer.target());
            if (known != null && known.isNews(answer.data())) {
                news.add(answer);
            }
        }
        for (Answered answer : news) {
            if (FetchResponse.recordsSize(answer.data()) > 0) {
                Remembered served = partitions.remove(answer.target());
                partitions.put(answer.target(), Objects.requireNonNull(served));
            }
        }
        return FetchContext.response(id, news);
    }
}
