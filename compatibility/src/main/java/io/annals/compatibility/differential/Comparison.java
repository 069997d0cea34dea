package io.annals.compatibility.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// Sets the transcripts of one dialogue side by side, field by field.
final class Comparison {
    private static final int LONGEST_VALUE = 200;

    private final String dialogue;
    private final List<Difference> differences = new ArrayList<>();

    private Comparison(String dialogue) {
        this.dialogue = dialogue;
    }

    /// All differences, declared ones too, in the order in which they were met.
    static List<Difference> of(String dialogue, List<Exchange> kafka, List<Exchange> annals) {
        if (kafka.size() != annals.size()) {
            throw new IllegalArgumentException(
                    "%s went two ways: %d and %d requests"
                            .formatted(dialogue, kafka.size(), annals.size()));
        }
        Comparison comparison = new Comparison(dialogue);
        for (int i = 0; i < kafka.size(); i++) {
            Exchange exchange = kafka.get(i);
            comparison.compare(
                    exchange, Difference.Place.ROOT, exchange.answer(), annals.get(i).answer());
        }
        return comparison.differences;
    }

    private void compare(
            Exchange exchange, Difference.Place place, JsonNode kafka, JsonNode annals) {
        if (kafka.isObject() && annals.isObject()) {
            if (!kafka.path("error_code").equals(annals.path("error_code"))) {
                // the rest follows from this
                compare(
                        exchange,
                        place.field("error_code"),
                        kafka.path("error_code"),
                        annals.path("error_code"));
                return;
            }
            TreeSet<String> names = new TreeSet<>();
            kafka.fieldNames().forEachRemaining(names::add);
            annals.fieldNames().forEachRemaining(names::add);
            for (String name : names) {
                compare(exchange, place.field(name), kafka.path(name), annals.path(name));
            }
        } else if (kafka.isArray() && annals.isArray()) {
            compareArrays(exchange, place, kafka, annals);
        } else if (!kafka.equals(annals)) {
            differences.add(new Difference(dialogue, exchange, place, text(kafka), text(annals)));
        }
    }

    /// Elements meet by their keys; those that nobody answers are `absent` on the other side.
    private void compareArrays(
            Exchange exchange, Difference.Place place, JsonNode kafka, JsonNode annals) {
        Map<String, JsonNode> left = byKey(kafka);
        Map<String, JsonNode> right = byKey(annals);
        left.forEach((key, element) ->
                compare(
                        exchange,
                        place.element(key),
                        element,
                        right.getOrDefault(key, element.path("absent"))));
        right.forEach((key, element) -> {
            if (!left.containsKey(key)) {
                compare(exchange, place.element(key), element.path("absent"), element);
            }
        });
    }

    private static Map<String, JsonNode> byKey(JsonNode array) {
        Map<String, JsonNode> elements = new LinkedHashMap<>();
        for (JsonNode element : array) {
            String key = element.isObject() ? Decoded.key(element) : "";
            String unique = key;
            for (int twin = 1; elements.containsKey(unique); twin++) {
                unique = key + "#" + twin;
            }
            elements.put(unique, element);
        }
        return elements;
    }

    private static String text(JsonNode node) {
        String text = node.isMissingNode() ? "absent" : node.toString();
        return text.length() > LONGEST_VALUE ? text.substring(0, LONGEST_VALUE) + "..." : text;
    }
}
