package io.varve.loadtest;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What the command line says.
 *
 * @param heap of the service, as {@code -Xmx} takes it: with a bound it collects its old generation during a run, so that what grows is seen
 */
record Options(Load load, int seconds, int users, String heap) {
    private static final int LEAST_SECONDS = 30;

    /** @throws IllegalArgumentException whose message is for whoever typed it */
    static Options of(String... arguments) {
        if (arguments.length == 0) {
            throw new IllegalArgumentException(usage());
        }
        Load load = load(arguments[0]);
        Options options = new Options(load, load.seconds(), load.users(), "512m");
        for (int i = 1; i < arguments.length; i += 2) {
            if (i + 1 == arguments.length) {
                throw new IllegalArgumentException(arguments[i] + " wants a value\n" + usage());
            }
            options = options.with(arguments[i], arguments[i + 1]);
        }
        return options;
    }

    private Options with(String name, String value) {
        return switch (name) {
            case "--seconds" -> new Options(load, atLeast(LEAST_SECONDS, name, value), users, heap);
            case "--users" -> new Options(load, seconds, atLeast(1, name, value), heap);
            case "--heap" -> new Options(load, seconds, users, value);
            default -> throw new IllegalArgumentException("unknown option " + name + "\n" + usage());
        };
    }

    private static int atLeast(int least, String name, String value) {
        if (!value.matches("[0-9]{1,6}") || Integer.parseInt(value) < least) {
            throw new IllegalArgumentException(name + ": got " + value + ", wanted " + least + " or more");
        }
        return Integer.parseInt(value);
    }

    private static Load load(String title) {
        return Arrays.stream(Load.values())
                .filter(load -> load.title().equals(title))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown simulation " + title + "\n" + usage()));
    }

    private static String usage() {
        return "usage: loadtest/run "
                + Arrays.stream(Load.values()).map(Load::title).collect(Collectors.joining("|"))
                + " [--seconds N] [--users N] [--heap SIZE]";
    }
}
