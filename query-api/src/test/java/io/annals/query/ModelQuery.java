package io.annals.query;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;

/// A random query together with what it means.
record ModelQuery(String text, Predicate<ModelRecord> meaning) {
    static final List<String> WORDS =
            List.of(
                    "error",
                    "timeout",
                    "connection",
                    "refused",
                    "user",
                    "login",
                    "payment",
                    "retry",
                    "disk",
                    "full",
                    "web1",
                    "web2",
                    "alpha",
                    "alphabet",
                    "beta");

    static final List<String> LEVELS = List.of("INFO", "WARN", "ERROR");

    static ModelQuery random(Random random, int depth) {
        if (depth == 0 || random.nextInt(3) == 0) {
            return leaf(random);
        }
        ModelQuery a = random(random, depth - 1);
        ModelQuery b = random(random, depth - 1);
        return switch (random.nextInt(4)) {
            case 0 -> new ModelQuery("(" + a.text + " OR " + b.text + ")", a.meaning.or(b.meaning));
            case 1 -> new ModelQuery("(" + a.text + ") " + b.text, a.meaning.and(b.meaning));
            case 2 ->
                    new ModelQuery(a.text + " -(" + b.text + ")", a.meaning.and(b.meaning.negate()))
                            .grouped();
            default -> new ModelQuery("NOT (" + a.text + ")", a.meaning.negate()).grouped();
        };
    }

    private ModelQuery grouped() {
        return new ModelQuery("(" + text + ")", meaning);
    }

    private static ModelQuery leaf(Random random) {
        String word = pick(random, WORDS);
        String other = pick(random, WORDS);
        String level = pick(random, LEVELS);
        int number = random.nextInt(12) * 50;
        return switch (random.nextInt(13)) {
            case 0 -> new ModelQuery("*", _ -> true);
            case 1, 2 -> new ModelQuery(word, r -> r.hasWord(word));
            case 3 ->
                    new ModelQuery(
                            "\"" + word + " " + other + "\"",
                            r -> r.leaves().stream().anyMatch(l -> follows(l, word, other)));
            case 4 -> new ModelQuery("level:" + level, r -> level.equals(r.json().get("level")));
            case 5 -> new ModelQuery("status:>=" + number, r -> status(r) >= number);
            case 6 ->
                    new ModelQuery(
                            "status:[" + number + " TO " + (number + 100) + "}",
                            r -> status(r) >= number && status(r) < number + 100);
            case 7 -> new ModelQuery("key:" + word, r -> ModelRecord.words(r.key()).contains(word));
            case 8 ->
                    new ModelQuery(
                            "headers.host:" + word,
                            r -> ModelRecord.words(r.headers().get("host")).contains(word));
            case 9 ->
                    new ModelQuery(
                            word.substring(0, 3) + "*",
                            r ->
                                    r.leaves().stream()
                                            .flatMap(List::stream)
                                            .anyMatch(w -> w.startsWith(word.substring(0, 3))));
            case 10 -> new ModelQuery("offset:<" + number, r -> r.offset() < number);
            case 11 -> new ModelQuery("level:*", r -> r.json().containsKey("level"));
            default -> new ModelQuery("partition:1", r -> r.partition() == 1);
        };
    }

    private static int status(ModelRecord record) {
        return Integer.parseInt(record.json().getOrDefault("status", "-1000000"));
    }

    private static boolean follows(List<String> words, String first, String second) {
        return Collections.indexOfSubList(words, List.of(first, second)) >= 0;
    }

    static String pick(Random random, List<String> from) {
        return from.get(random.nextInt(from.size()));
    }

    static String json(Map<String, String> fields) {
        StringBuilder json = new StringBuilder("{");
        fields.forEach((name, value) -> {
            boolean number = name.equals("status");
            json.append(json.length() == 1 ? "" : ",").append('"').append(name).append("\":");
            json.append(number ? value : '"' + value + '"');
        });
        return json.append('}').toString();
    }
}
