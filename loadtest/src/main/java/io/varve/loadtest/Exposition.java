package io.varve.loadtest;

import java.util.HashMap;
import java.util.Map;

/**
 * What a service measures of itself, as Prometheus reads it.
 *
 * @param series by name and labels as they stand there
 */
record Exposition(Map<String, Double> series) {
    static Exposition parse(String text) {
        Map<String, Double> series = new HashMap<>();
        text.lines().filter(line -> !line.isEmpty() && !line.startsWith("#")).forEach(line -> {
            int space = line.lastIndexOf(' ');
            series.put(line.substring(0, space), Double.parseDouble(line.substring(space + 1)));
        });
        return new Exposition(series);
    }

    /** Of all series with that name, and with that in their labels, together. */
    double sum(String name, String label) {
        return series.entrySet().stream()
                .filter(each -> each.getKey().equals(name)
                        || (each.getKey().startsWith(name + "{")
                                && each.getKey().contains(label)))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    double sum(String name) {
        return sum(name, "");
    }
}
