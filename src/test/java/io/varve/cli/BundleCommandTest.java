package io.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What {@code varve bundle} takes for the words of the program, and what for its own. */
class BundleCommandTest {
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    /** How the command lines got on that had nothing wrong and asked for no help. */
    private final List<GlobalOptions> begun = new ArrayList<>();

    private int run(String... words) {
        return VarveCommand.run(words, options -> {
            begun.add(options);
            throw Failure.invalid("got a command, wanted its words alone");
        });
    }

    private static BundleCommand parsed(String... words) {
        CommandLine line = new CommandLine(new VarveCommand());
        Subcommands.all().addTo(line, List.of(BundleCommand.class));
        return (BundleCommand) line.parseArgs(words).subcommand().commandSpec().userObject();
    }

    private static String[] bundle(String args) {
        return Stream.concat(Stream.of("bundle", "debian", "box"), Arrays.stream(args.split(" ")))
                .toArray(String[]::new);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ls -h",
                "python3 -V",
                "mysqld --user mysql --env A=b",
                "app --config /etc/app.yaml --store /data -v -q",
                "env -- sh --args x",
                "-- ls",
                "bundle pull --help",
                "--mount"
            })
    void allWordsBehindArgsAreOfTheProgram(String program) {
        BundleCommand bundle = parsed(bundle("--user app --args " + program));

        assertThat(bundle.args).containsExactly(program.split(" "));
        assertThat(bundle.user).isEqualTo("app");
        assertThat(bundle.env).isEmpty();
        assertThat(bundle.mount).isFalse();

        assertThat(run(bundle("--args " + program))).isEqualTo(FAILED);
        assertThat(begun).singleElement().satisfies(options -> {
            assertThat(options.config()).isNull();
            assertThat(options.store()).isNull();
            assertThat(options.verbose()).isFalse();
        });
    }

    @Test
    void wordThatNamesAFileIsThatWord(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("words"), "--config /etc/app.yaml");

        assertThat(run("bundle", "debian", "box", "@" + file)).isEqualTo(USAGE);
        assertThat(run(bundle("--args curl -d @" + file))).isEqualTo(FAILED);
        assertThat(begun)
                .singleElement()
                .satisfies(options -> assertThat(options.config()).isNull());
    }

    @Test
    void argsWithoutAWordIsAMistake() {
        assertThat(run(bundle("--args"))).isEqualTo(USAGE);
        assertThat(begun).isEmpty();
    }

    @Test
    void wordBehindAnEqualsSignIsTheFirst() {
        assertThat(parsed(bundle("--args=ls -h")).args).containsExactly("ls", "-h");
    }
}
