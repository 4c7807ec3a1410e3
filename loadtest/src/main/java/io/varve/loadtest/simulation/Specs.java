package io.varve.loadtest.simulation;

import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Specs of builds that all differ: the base with one layer of 64 KiB of text on top. It costs next to nothing to make one, since those who
 * ask share the machine with the service. Any thread.
 */
final class Specs {
    /** So many names there are; the image that had one before is for {@code gc} to take. */
    private static final int NAMES = 200;

    private static final int TEXT = 64 << 10;
    private static final String WORDS =
            "the quick brown fox jumps over a lazy dog while layers of sediment settle in still water year by year";

    private final AtomicLong next = new AtomicLong();
    private final String base;
    private final String text;

    Specs(String base) {
        this.base = base;
        this.text = text();
    }

    private static String text() {
        String[] words = WORDS.split(" ", -1);
        Random random = new Random(1);
        StringBuilder text = new StringBuilder(TEXT + 16);
        while (text.length() < TEXT) {
            text.append(words[random.nextInt(words.length)]).append(' ');
        }
        return text.substring(0, TEXT);
    }

    String next() {
        long number = next.getAndIncrement();
        int cut = (int) (number * 7919 % TEXT);
        return """
                {"from": "%s", "tags": ["load/built%d:1"], "layers": [{"files": [{"path": "/etc/text", "text": "%d %s%s"}]}]}""".formatted(base, number % NAMES, number, text.substring(cut), text.substring(0, cut));
    }
}
