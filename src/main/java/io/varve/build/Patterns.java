package io.varve.build;

import io.varve.failure.Failure;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Which paths are left out: {@code *} and {@code ?} stand for what is between two slashes, {@code [a-z]} for one of these, and {@code **} for
 * any directories or none. A pattern is of the whole path below the directory, as in {@code .dockerignore}; what is in a directory that is
 * left out is left out too.
 *
 * <p>Whoever writes patterns may not be whose thread it is, so all ways through one are gone together: what takes the time of its length for
 * each character of a path, and no more.
 */
final class Patterns {
    private static final int MOST_LENGTH = 4096;

    private final List<List<Step>> patterns = new ArrayList<>();

    /** What comes next in a path. */
    private enum Kind {
        CHARACTER,
        SET,
        NO_SLASH,
        NAME,
        ALL,
        DIRECTORIES_OR_NONE,
        DIRECTORIES
    }

    /**
     * @param character for one that is itself
     * @param set for one of several
     */
    private record Step(Kind kind, int character, @Nullable Pattern set) {
        Step(Kind kind) {
            this(kind, 0, null);
        }
    }

    /** @throws Failure Invalid for a pattern that is none */
    Patterns(List<String> texts) {
        texts.forEach(text -> patterns.add(steps(text)));
    }

    boolean match(String path) {
        int[] characters = path.codePoints().toArray();
        return patterns.stream().anyMatch(steps -> matches(steps, characters));
    }

    private static List<Step> steps(String text) {
        if (text.startsWith("!")) {
            throw Failure.invalid("exclude: got " + text + ", wanted a pattern of what is left out");
        }
        if (text.length() > MOST_LENGTH) {
            throw Failure.invalid(
                    "exclude: got a pattern of " + text.length() + " characters, wanted no more than " + MOST_LENGTH);
        }
        String glob = text.replaceAll("^\\.?/+|/+$", "");
        List<Step> steps = new ArrayList<>();
        int at = 0;
        while (at < glob.length()) {
            int end = glob.charAt(at) == '[' ? glob.indexOf(']', at + 2) : -1;
            if (glob.startsWith("**/", at)) {
                steps.add(new Step(Kind.DIRECTORIES_OR_NONE));
                steps.add(new Step(Kind.DIRECTORIES));
                at += 3;
            } else if (glob.startsWith("**", at)) {
                steps.add(new Step(Kind.ALL));
                at += 2;
            } else if (end > 0) {
                steps.add(new Step(Kind.SET, 0, set(text, glob.substring(at, end + 1))));
                at = end + 1;
            } else {
                int character = glob.codePointAt(at);
                steps.add(
                        switch (character) {
                            case '*' -> new Step(Kind.NAME);
                            case '?' -> new Step(Kind.NO_SLASH);
                            default -> new Step(Kind.CHARACTER, character, null);
                        });
                at += Character.charCount(character);
            }
        }
        return List.copyOf(steps);
    }

    private static Pattern set(String text, String set) {
        try {
            return Pattern.compile(set);
        } catch (PatternSyntaxException e) {
            throw Failure.invalid("exclude: got " + text + ", wanted a pattern");
        }
    }

    private static boolean matches(List<Step> steps, int[] path) {
        BitSet now = new BitSet(steps.size() + 1);
        BitSet next = new BitSet(steps.size() + 1);
        reach(0, steps, now);
        for (int character : path) {
            next.clear();
            for (int at = now.nextSetBit(0); at >= 0 && at < steps.size(); at = now.nextSetBit(at + 1)) {
                pass(at, character, steps, next);
            }
            BitSet passed = now;
            now = next;
            next = passed;
        }
        return now.get(steps.size());
    }

    /** From a step, by a character. */
    private static void pass(int at, int character, List<Step> steps, BitSet next) {
        Step step = steps.get(at);
        switch (step.kind()) {
            case CHARACTER -> {
                if (character == step.character()) {
                    reach(at + 1, steps, next);
                }
            }
            case SET -> {
                if (step.set() != null
                        && step.set().matcher(Character.toString(character)).matches()) {
                    reach(at + 1, steps, next);
                }
            }
            case NO_SLASH -> {
                if (character != '/') {
                    reach(at + 1, steps, next);
                }
            }
            case NAME -> {
                if (character != '/') {
                    reach(at, steps, next);
                }
            }
            case ALL -> reach(at, steps, next);
            case DIRECTORIES_OR_NONE -> {}
            case DIRECTORIES -> {
                next.set(at);
                if (character == '/') {
                    reach(at + 1, steps, next);
                }
            }
        }
    }

    /** To a step, and to those behind it that need no character between. */
    private static void reach(int at, List<Step> steps, BitSet reached) {
        if (reached.get(at)) {
            return;
        }
        reached.set(at);
        if (at < steps.size()) {
            switch (steps.get(at).kind()) {
                case NAME, ALL -> reach(at + 1, steps, reached);
                case DIRECTORIES_OR_NONE -> {
                    reach(at + 1, steps, reached);
                    reach(at + 2, steps, reached);
                }
                case CHARACTER, SET, NO_SLASH, DIRECTORIES -> {}
            }
        }
    }
}
