package io.annals.compatibility.differential;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/// Frames that come in pieces, stop half way, say that they are of an impossible length, or come
/// many at once.
final class FramesDialogue implements Dialogue {
    private static final short VERSION = 3;
    private static final int TOO_LONG = 200 << 20;

    @Override
    public String name() {
        return "frames";
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(ApiKeys.API_VERSIONS);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        ByteBuffer request =
                conversation.frame(
                        new ApiVersionsRequestData()
                                .setClientSoftwareName("frames")
                                .setClientSoftwareVersion("1"),
                        VERSION);
        for (int first : new int[] {1, 4, 5, 12, request.remaining() - 1}) {
            conversation.inPieces(ApiKeys.API_VERSIONS, VERSION, request, first);
            conversation.broken(request, first);
        }
        for (int length : new int[] {0, 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, TOO_LONG}) {
            conversation.broken(ByteBuffer.allocate(8).putInt(length).putInt(0).flip(), 8);
        }
        conversation.atOnce(ApiKeys.API_VERSIONS, VERSION, request, 20);
    }
}
