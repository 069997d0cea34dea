package io.annals.registry;

import java.util.OptionalLong;
import org.apache.kafka.common.Uuid;

/// The names of everything in the object store, in one place. Numbers have 20 digits, so that the
/// order of the names is the order of the numbers.
///
/// | key | holds |
/// |---|---|
/// | `topics/<topicId>/<version>.json` | one version of a topic's metadata |
/// | `registry/deltas/<generation>.json` | what a generation changed |
/// | `registry/checkpoints/<generation>.json` | a whole generation, or where its pages are |
/// | `registry/pages/<generation>-<hash>.page` | entries that a checkpoint wrote first |
/// | `segments/<topicId>/<id>.tar.gz` | a record segment |
/// | `splits/<topicId>/<id>.tar.gz` | an index split |
/// | `owner/<epoch>.json` | who took the archive as its owner of that number |
/// | `owner/renewals/<epoch>-<number>.json` | an owner's newest sign of life |
/// | `cluster/id` | the id of the cluster whose archive this is; in buckets only |
public final class ObjectKeys {
    public static final String TOPICS = "topics/";
    public static final String DELTAS = "registry/deltas/";
    public static final String CHECKPOINTS = "registry/checkpoints/";
    public static final String PAGES = "registry/pages/";
    public static final String SEGMENTS = "segments/";
    public static final String SPLITS = "splits/";
    public static final String OWNERS = "owner/";
    public static final String RENEWALS = "owner/renewals/";
    public static final String CLUSTER = "cluster/id";

    private static final int DIGITS = 20;
    private static final String JSON = ".json";
    private static final String PAGE = ".page";
    private static final int PAGE_HASH_DIGITS = 16;
    static final String TAR_GZ = ".tar.gz";

    private ObjectKeys() {}

    public static String topic(Uuid topicId, long version) {
        return TOPICS + topicId + "/" + digits(version) + JSON;
    }

    public static String delta(long generation) {
        return DELTAS + digits(generation) + JSON;
    }

    public static String checkpoint(long generation) {
        return CHECKPOINTS + digits(generation) + JSON;
    }

    /// @param sha256 of the page's bytes
    static String page(long generation, String sha256) {
        return PAGES + digits(generation) + "-" + sha256.substring(0, PAGE_HASH_DIGITS) + PAGE;
    }

    /// The generation whose checkpoint wrote a page; empty if it is not the key of a page.
    static OptionalLong pageGeneration(String key) {
        boolean isPage =
                key.startsWith(PAGES)
                        && key.endsWith(PAGE)
                        && key.length()
                                == PAGES.length() + DIGITS + 1 + PAGE_HASH_DIGITS + PAGE.length();
        return isPage ? parse(key, PAGES.length()) : OptionalLong.empty();
    }

    public static String owner(long epoch) {
        return OWNERS + digits(epoch) + JSON;
    }

    /// Those of one epoch start like this.
    static String renewals(long epoch) {
        return RENEWALS + digits(epoch) + "-";
    }

    static String renewal(long epoch, long number) {
        return renewals(epoch) + digits(number) + JSON;
    }

    /// The number of a renewal; empty if it is not the key of one.
    static OptionalLong renewalNumber(String key) {
        int start = RENEWALS.length() + DIGITS + 1;
        boolean isRenewal =
                key.startsWith(RENEWALS)
                        && key.endsWith(JSON)
                        && key.length() == start + DIGITS + JSON.length();
        return isRenewal ? parse(key, start) : OptionalLong.empty();
    }

    public static String recordSegment(Uuid topicId, String id) {
        return SEGMENTS + topicId + "/" + id + TAR_GZ;
    }

    public static String split(Uuid topicId, String id) {
        return SPLITS + topicId + "/" + id + TAR_GZ;
    }

    /// The id in the key of a record segment or index split; of another key something that is none.
    public static String id(String key) {
        String name = key.substring(key.lastIndexOf('/') + 1);
        return name.substring(0, Math.max(0, name.indexOf('.')));
    }

    /// The number at the end of a topic's, delta's or checkpoint's key; empty if it is none.
    public static OptionalLong number(String key) {
        int start = key.lastIndexOf('/') + 1;
        if (!key.endsWith(JSON) || key.length() - start != DIGITS + JSON.length()) {
            return OptionalLong.empty();
        }
        return parse(key, start);
    }

    private static OptionalLong parse(String key, int start) {
        try {
            return OptionalLong.of(Long.parseUnsignedLong(key, start, start + DIGITS, 10));
        } catch (NumberFormatException expected) {
            return OptionalLong.empty();
        }
    }

    private static String digits(long number) {
        String digits = Long.toString(number);
        return "0".repeat(DIGITS - digits.length()) + digits;
    }
}
