package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code varve verify} as its users meet it. */
class VerifyCommandIT {
    @TempDir
    Path directory;

    private Varve varve;

    @BeforeEach
    void pull() throws IOException, InterruptedException {
        Peers.command();
        varve = new Varve(directory);
        String image = new WrittenImage(directory.resolve("layout"))
                .gzip(new Tarball().dir("d").file("d/f", "f"))
                .tag();
        varve.quiet("pull", image, "-t", "it");
    }

    private Path only(String place) throws IOException {
        List<Path> there = VerifiedStore.all(varve.store().resolve(place)).stream()
                .filter(Files::isRegularFile)
                .filter(file -> !file.endsWith("changes"))
                .toList();
        assertThat(there).hasSize(1);
        return there.getFirst();
    }

    @Test
    void saysNothingOnStdoutAndTotalsOnStderrWhenNothingIsWrong() throws IOException, InterruptedException {
        Program.Ran ran = varve.run("verify");

        assertThat(ran.code()).isZero();
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith("verified ").contains("0 findings").hasLineCount(1);
        assertThat(varve.quiet("verify", "--repair")).isEmpty();
    }

    @Test
    void printsALineForEachFindingAndFailsUntilItIsRepaired() throws IOException, InterruptedException {
        Damage.FLIPPED.happenTo(only("images"));

        Program.Ran ran = varve.run("-q", "verify");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out()).startsWith("damaged index sha256:").hasLineCount(1);
        assertThat(ran.err())
                .startsWith("varve: Mismatch: verifying store " + varve.store() + ": 1 of ")
                .contains("`varve verify --repair`")
                .hasLineCount(1);

        assertThat(varve.quiet("verify", "--repair")).contains("-> made again; what was there is in quarantine/");
        assertThat(varve.quiet("verify")).isEmpty();
    }

    @Test
    void namesWhatToPullWhenTheStoreCannotTell() throws IOException, InterruptedException {
        Damage.FLIPPED.happenTo(only("layers"));
        for (Path blob : VerifiedStore.all(varve.store().resolve("blobs"))) {
            if (Files.isRegularFile(blob)) {
                Damage.FLIPPED.happenTo(blob);
            }
        }

        Program.Ran ran = varve.run("-q", "verify", "--repair");

        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out().lines())
                .hasSizeGreaterThanOrEqualTo(4)
                .allSatisfy(line -> assertThat(line).endsWith("; pull docker.io/library/it:latest again"));
        varve.quiet("pull", "oci:" + directory.resolve("layout") + ":it", "-t", "it");
        assertThat(varve.quiet("verify")).isEmpty();
    }

    @Test
    void tellsProgramsInJson() throws IOException, InterruptedException {
        String evil = "\033[31m evil\nname";
        Files.writeString(varve.store().resolve(evil), "");

        JsonNode findings = new ObjectMapper().readTree(varve.quiet("verify", "--json"));

        assertThat(findings).hasSize(1);
        assertThat(findings.get(0).get("kind").asText()).isEqualTo("foreign");
        assertThat(findings.get(0).get("what").asText()).isEqualTo(evil);
        assertThat(findings.get(0).get("digest").isNull()).isTrue();
        assertThat(varve.quiet("verify")).isEqualTo("foreign \\x1b[31m evil\\x0aname: it is none of Varve's\n");
    }

    @Test
    void teachesItsWords() throws IOException, InterruptedException {
        assertThat(varve.run("verify", "--help").out())
                .contains(
                        "damaged", "missing", "unknown", "misrecorded", "stale", "unchecked", "foreign", "quarantine");
    }
}
