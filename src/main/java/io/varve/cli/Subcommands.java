package io.varve.cli;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Which subcommands a command line gets: to look through the options of every command takes longer than most commands do. */
final class Subcommands {
    private static final List<String> HELP = List.of("-h", "--help");
    private static final List<String> VERSION = List.of("-V", "--version");

    private final Predicate<String> wanted;

    private Subcommands(Predicate<String> wanted) {
        this.wanted = wanted;
    }

    static Subcommands all() {
        return new Subcommands(name -> true);
    }

    /**
     * Those whose name is anywhere among the arguments, up to those of another program; all of them when none is, or when it is
     * help that is wanted.
     */
    static Subcommands meant(Collection<Class<? extends Action>> commands, String... arguments) {
        List<String> words = Arrays.stream(arguments)
                .takeWhile(word -> !word.equals(BundleCommand.ARGS))
                .toList();
        boolean named = commands.stream().map(Subcommands::name).anyMatch(words::contains)
                || words.stream().anyMatch(VERSION::contains);
        return named && words.stream().noneMatch(HELP::contains) ? new Subcommands(words::contains) : all();
    }

    void addTo(CommandLine line, Collection<Class<? extends Action>> commands) {
        for (Class<? extends Action> command : commands) {
            if (wanted.test(name(command))) {
                line.addSubcommand(command);
            }
        }
    }

    private static String name(Class<?> command) {
        return command.getAnnotation(Command.class).name();
    }
}
