package io.annals.compatibility.differential;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/// Bodies that do not parse: cut short, too long, random; versions and names that are not served.
final class MalformedDialogue implements Dialogue {
    private static final int RANDOM_BODIES = 4;
    private final long seed;

    MalformedDialogue(long seed) {
        this.seed = seed;
    }

    @Override
    public String name() {
        return "malformed, seed " + seed;
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(ApiKeys.API_VERSIONS);
    }

    @Override
    public void hold(Conversation conversation) throws IOException {
        Random random = new Random(seed);
        conversation.askInEveryVersion(new ApiVersionsRequestData());
        for (String name : new String[] {"", "a b", "ok", "-bad", "x".repeat(300)}) {
            conversation.askInEveryVersion(
                    new ApiVersionsRequestData()
                            .setClientSoftwareName(name)
                            .setClientSoftwareVersion("1.0"));
        }
        raw(conversation, ApiKeys.API_VERSIONS, (short) 99, new byte[0]);
        raw(conversation, ApiKeys.API_VERSIONS, (short) -1, new byte[0]);
        for (ApiKeys api : conversation.served().apis()) {
            for (short version : conversation.served().of(api)) {
                raw(conversation, api, version, new byte[0]);
                raw(conversation, api, version, new byte[] {-1, -1, -1, -1, -1, -1});
                for (int i = 0; i < RANDOM_BODIES; i++) {
                    byte[] body = new byte[random.nextInt(40)];
                    random.nextBytes(body);
                    raw(conversation, api, version, body);
                }
            }
        }
    }

    private static void raw(Conversation conversation, ApiKeys api, short version, byte[] body)
            throws IOException {
        conversation.ask(
                api,
                version,
                ByteBuffer.wrap(body),
                "bytes " + java.util.HexFormat.of().formatHex(body));
    }
}
