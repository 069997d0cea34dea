package io.annals.query;

import io.annals.protocol.RecordSlices;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;
import org.jspecify.annotations.Nullable;

/// What one fetch request is about, once its session (KIP-227) is known: which partitions to read,
/// and which of the answers to send.
sealed interface FetchContext {

    /// @param asked position, limits and epoch as the client last gave them
    record Asked(FetchTarget target, FetchPartition asked) {}

    record Answered(FetchTarget target, PartitionData data) {

        /// Lets go of the records in it.
        void release() {
            if (data.records() instanceof RecordSlices slices) {
                slices.release();
            }
        }
    }

    /// There is no such session, or the request does not fit it.
    record Refused(Errors error) implements FetchContext {

        @Override
        public List<Asked> asked() {
            return List.of();
        }

        @Override
        public TopicNames names() {
            return new TopicNames();
        }

        @Override
        public FetchResponseData respond(List<Answered> answers) {
            return new FetchResponseData().setErrorCode(error.code());
        }
    }

    /// All partitions asked and all answers sent, nothing remembered.
    record Sessionless(List<Asked> asked) implements FetchContext {

        @Override
        public TopicNames names() {
            return new TopicNames();
        }

        @Override
        public FetchResponseData respond(List<Answered> answers) {
            return response(FetchMetadata.INVALID_SESSION_ID, answers);
        }
    }

    /// As [Sessionless], and a session is opened with the answer if there is room for one.
    record Opening(List<Asked> asked, boolean byId, TopicNames names, FetchSessions sessions)
            implements FetchContext {

        @Override
        public FetchResponseData respond(List<Answered> answers) {
            return response(sessions.open(this, answers), answers);
        }
    }

    /// All partitions of the session read, and only those answers sent that say something new.
    ///
    /// @param epoch of the session after this request
    record Continuing(List<Asked> asked, int epoch, FetchSession session) implements FetchContext {

        @Override
        public TopicNames names() {
            return session.names();
        }

        @Override
        public FetchResponseData respond(List<Answered> answers) {
            return session.respond(epoch, answers);
        }
    }

    /// What must be read, in this order.
    List<Asked> asked();

    /// What the topics were called when they were asked for before.
    TopicNames names();

    /// The response; takes over the records in the answers. Called once, on any thread.
    FetchResponseData respond(List<Answered> answers);

    /// Answers of one topic that follow each other share its entry, as in Kafka.
    static FetchResponseData response(int sessionId, List<Answered> answers) {
        FetchResponseData response = new FetchResponseData().setSessionId(sessionId);
        @Nullable FetchTarget last = null;
        for (Answered answer : answers) {
            FetchTarget target = answer.target();
            if (last == null || !target.isSameTopic(last)) {
                response.responses()
                        .add(
                                new FetchableTopicResponse()
                                        .setTopic(target.topic())
                                        .setTopicId(target.topicId()));
            }
            response.responses().getLast().partitions().add(answer.data());
            last = target;
        }
        return response;
    }
}
