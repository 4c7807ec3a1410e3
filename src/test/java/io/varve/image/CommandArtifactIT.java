package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.layout.LayoutWriter;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Users of the built command meet an artifact, which is brought and kept as images are, and is none. */
class CommandArtifactIT {
    private static final String NAME = "registry.example/chart:1";
    private static final Digest CONTENT = Digest.sha256(Chart.content());

    @TempDir
    Path directory;

    private Varve varve;
    private Descriptor chart;

    /** As a layout, {@code charts}, and as an archive of it. */
    @BeforeEach
    void writeChart() throws IOException, InterruptedException {
        Peers.command();
        varve = new Varve(directory);
        LayoutWriter layout = LayoutWriter.create(directory.resolve("charts"));
        chart = Chart.write(layout);
        layout.tag(NAME, chart);
        new Program(directory, "tar", "-cf", "charts.tar", "-C", "charts", ".").succeed();
    }

    private void pull(String from) throws IOException, InterruptedException {
        Program.Ran ran = varve.run("pull", from);

        assertThat(ran.out()).isEqualTo(chart.digest() + "\n");
        assertThat(ran.err().lines())
                .contains(NAME + " is an artifact (" + Chart.TYPE + "), which cannot be mounted")
                .hasSize(3);
        Program.shell(directory, "rm -r charts charts.tar").succeed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"oci:charts", "oci-archive:charts.tar"})
    void isKeptWhereverItCameFrom(String from) throws IOException, InterruptedException {
        pull(from);

        assertThat(varve.store().resolve("blobs/sha256/" + CONTENT.hex())).hasBinaryContent(Chart.content());
        assertThat(varve.run("verify").code()).isZero();
    }

    @Test
    void isSaidToBeOneAndCannotBeMounted() throws IOException, InterruptedException {
        pull("oci:charts");

        assertThat(varve.quiet("images")).containsPattern("registry.example/chart:1 +[0-9a-f]{12} +artifact ");
        JsonNode listed = varve.images().get(0);
        assertThat(listed.get("artifact").booleanValue()).isTrue();
        assertThat(listed.get("platforms")).isEmpty();
        assertThat(varve.quiet("inspect", NAME))
                .contains("Artifact    " + Chart.TYPE + "\n", "title=a\\x0achart\n", "chart.tgz\n")
                .contains("Blob 1      " + CONTENT + "  14 B ");
        assertThat(Varve.json(varve.quiet("inspect", "--json", NAME))
                        .get("artifactType")
                        .asText())
                .isEqualTo(Chart.TYPE);
        assertThat(varve.quiet("why", CONTENT.toString())).startsWith("tag " + NAME + "\n");
        assertThat(Json.read(Files.readAllBytes(varve.store().resolve("index.json")), Json.DEFAULT_LIMIT)
                        .at("/manifests/0/digest")
                        .asText())
                .isEqualTo(chart.digest().toString());
        for (String command : List.of("ls NAME", "cat NAME there", "unpack NAME there", "mount NAME there")) {
            Varve.assertFailed(
                    varve.run(command.replace("NAME", NAME).split(" ", -1)),
                    1,
                    "Invalid",
                    "not a runnable image: config.mediaType: got " + Chart.TYPE);
        }
    }

    @Test
    void isNamedRemovedAndCollectedAsImagesAre() throws IOException, InterruptedException {
        pull("oci:charts");

        varve.quiet("tag", NAME, "registry.example/chart:2");
        varve.quiet("rm", NAME, "registry.example/chart:2");
        varve.quiet("gc");

        assertThat(varve.bytesThere()).isZero();
    }
}
