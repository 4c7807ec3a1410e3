package io.varve.hash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A JVM that was started without opening the packages of the hashes, or opening only one of them. */
class ClosedJdkIT {
    @ParameterizedTest
    @CsvSource({
        "false,",
        "false,java.security",
        "false,sun.security.provider",
        "true,java.security sun.security.provider",
    })
    void statesAreKnownWhereTheJdkIsOpen(boolean known, @Nullable String packages) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", classes()));
        if (packages != null) {
            for (String each : packages.split(" ", -1)) {
                command.add("--add-opens=java.base/%s=ALL-UNNAMED".formatted(each));
            }
        }
        command.add(Program.class.getName());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).isEqualTo(Boolean.toString(known));
    }

    private static String classes() throws Exception {
        return Path.of(HashState.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                + ":"
                + Path.of(Program.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI());
    }

    /** Says whether there is a known state. */
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) {
            System.out.print(HashState.KNOWN != null);
        }
    }
}
