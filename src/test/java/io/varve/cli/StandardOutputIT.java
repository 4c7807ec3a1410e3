package io.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.Main;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A command whose results could not be written has failed, and says so in one line. */
class StandardOutputIT {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"ls -R oci:demo", "cat oci:demo /etc/motd"})
    void thatIsFullMakesTheCommandFail(String command) throws IOException, InterruptedException {
        DemoImage.write(directory.resolve("demo"));
        String said = run(command);
        assertThat(said).startsWith("varve: Unavailable: ").endsWith("\nexit 1\n");
        assertThat(said.lines()).hasSize(2);
    }

    /** What it says on stderr, and the exit code. */
    private String run(String command) throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String script = "\"$0\" --enable-native-access=ALL-UNNAMED -cp \"$1\" " + Main.class.getName()
                + " -q --store store " + command + " 2>&1 >/dev/full; echo exit $?";
        Process process = new ProcessBuilder("sh", "-c", script, java, System.getProperty("java.class.path"))
                .directory(directory.toFile())
                .start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        process.waitFor();
        return said;
    }
}
