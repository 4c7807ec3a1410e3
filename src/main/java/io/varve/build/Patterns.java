package io.varve.build;

import io.varve.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which paths are left out: {@code *} and {@code ?} stand for what is between two slashes, {@code [a-z]} for one of these, and {@code **} for
 * any directories or none. A pattern is of the whole path below the directory, as in {@code .dockerignore}; what is in a directory that is
 * left out is left out too.
 */
final class Patterns {
    private final List<Pattern> patterns = new ArrayList<>();

    /** @throws Failure Invalid for a pattern that is none */
    Patterns(List<String> texts) {
        texts.forEach(text -> patterns.add(compiled(text)));
    }

    boolean match(String path) {
        return patterns.stream().anyMatch(pattern -> pattern.matcher(path).matches());
    }

    private static Pattern compiled(String text) {
        if (text.startsWith("!")) {
            throw Failure.invalid("exclude: got " + text + ", wanted a pattern of what is left out");
        }
        String glob = text.replaceAll("^\\.?/+|/+$", "");
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            if (glob.startsWith("**/", i)) {
                regex.append("(?:.*/)?");
                i += 2;
            } else if (glob.startsWith("**", i)) {
                regex.append(".*");
                i++;
            } else {
                int end = c == '[' ? glob.indexOf(']', i + 2) : -1;
                if (end > 0) {
                    regex.append('[').append(glob, i + 1, end).append(']');
                    i = end;
                } else {
                    regex.append(
                            switch (c) {
                                case '*' -> "[^/]*";
                                case '?' -> "[^/]";
                                default -> Pattern.quote(String.valueOf(c));
                            });
                }
            }
        }
        try {
            return Pattern.compile(regex.toString(), Pattern.DOTALL);
        } catch (PatternSyntaxException e) {
            throw Failure.invalid("exclude: got " + text + ", wanted a pattern");
        }
    }
}
