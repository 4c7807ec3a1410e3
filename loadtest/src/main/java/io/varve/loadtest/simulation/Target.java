package io.varve.loadtest.simulation;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;

/**
 * The service that is loaded, and how: system properties of the JVM that Gatling runs in.
 *
 * @param url where it is, without a slash at the end
 * @param base an image that it has, which nobody takes away: {@code /data/large} and {@code /data/small/0000} and so on
 * @param images others of the same form that a registry has for it; they share nothing with each other
 * @param time of the load, without that to begin and to end
 * @param users what is many of depends on the simulation
 * @param notes where a simulation writes what Gatling has no place for, as JSON
 */
public record Target(String url, String base, List<String> images, Duration time, int users, Path notes) {
    /** Bytes of {@code /data/large}. */
    public static final int LARGE = 8 << 20;

    /** Bytes of each file below {@code /data/small}, of which there are {@link #SMALLS}. */
    public static final int SMALL = 64 << 10;

    public static final int SMALLS = 64;

    private static final String PREFIX = "loadtest.";

    public static Target of(Properties properties) {
        return new Target(
                get(properties, "url"),
                get(properties, "base"),
                List.of(get(properties, "images").split(" ", -1)),
                Duration.ofSeconds(Long.parseLong(get(properties, "seconds"))),
                Integer.parseInt(get(properties, "users")),
                Path.of(get(properties, "notes")));
    }

    /** What {@link #of} makes the same target of. */
    public Properties properties() {
        Properties properties = new Properties();
        properties.setProperty(PREFIX + "url", url);
        properties.setProperty(PREFIX + "base", base);
        properties.setProperty(PREFIX + "images", String.join(" ", images));
        properties.setProperty(PREFIX + "seconds", Long.toString(time.toSeconds()));
        properties.setProperty(PREFIX + "users", Integer.toString(users));
        properties.setProperty(PREFIX + "notes", notes.toString());
        return properties;
    }

    private static String get(Properties properties, String name) {
        String value = properties.getProperty(PREFIX + name);
        if (value == null) {
            throw new IllegalArgumentException("-D" + PREFIX + name + "=… is missing; loadtest/run says it");
        }
        return value;
    }

    /** Where an image is. */
    static String path(String reference) {
        return "/v1/images/" + URLEncoder.encode(reference, StandardCharsets.UTF_8);
    }

    /** One of the small files. */
    static String small(int number) {
        return "/files/data/small/%04d".formatted(number);
    }
}
