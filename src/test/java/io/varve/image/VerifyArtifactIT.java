package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.catalogue.Node;
import io.varve.decode.DecodeLimits;
import io.varve.pipeline.FakeArtifact;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.TestStages;
import io.varve.store.StoreOptions;
import io.varve.store.TestOptions;
import io.varve.verify.Finding.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Artifacts are verified as images are, though nothing but their blobs is there of them. */
class VerifyArtifactIT extends VerifyWorld {
    private static final String CHART = "docker.io/library/chart:1";
    private final FakeSource source = new FakeSource();
    private final FakeArtifact chart =
            FakeArtifact.of(source, "{}".getBytes(UTF_8), new byte[100_000], "notes".getBytes(UTF_8));

    private void pull(VerifiedStore into) {
        LayerPull layers = new LayerPull(into.store(), DecodeLimits.DEFAULTS, 1, TestStages::get);
        chart.pull(new Pull(into.store(), layers), source, CHART);
    }

    private Node content() {
        return Node.blob(chart.blobs().getFirst().digest());
    }

    @Test
    void isSoundAsItWasPulled() {
        pull(store);

        assertThat(store.verify()).isEmpty();
    }

    @Test
    void whoseBlobIsDamagedIsPulledAgain() throws IOException {
        pull(store);
        byte[] bytes = new byte[100_000];
        bytes[77] = 1;
        Files.write(store.home(content()), bytes);
        assertFinds(subject(Kind.DAMAGED, content()));

        assertThat(store.repair())
                .singleElement()
                .satisfies(finding ->
                        assertThat(finding.outcome()).contains("quarantined").endsWith("pull " + CHART + " again"));
        pull(store);

        assertThat(store.verify()).isEmpty();
    }

    @Test
    void thatIsRecordedWronglyIsRecordedAgain() throws IOException, SQLException {
        pull(store);
        store.sql("DELETE FROM edge WHERE parent = (SELECT id FROM node WHERE digest = '"
                + chart.manifest().digest() + "') AND role = 'blob' AND position = 1");
        Node manifest = Node.blob(chart.manifest().digest());
        assertFinds(subject(Kind.MISRECORDED, manifest));

        assertRepairs();

        assertThat(store.catalogue().needs(manifest)).hasSize(3);
    }

    @Test
    void needsItsBlobsWhereImagesCanDoWithoutTheirs() throws IOException {
        StoreOptions sparing = TestOptions.usual().keepBlobs(false).build();
        try (VerifiedStore lean = new VerifiedStore(temporary.resolve("lean"), sparing)) {
            pull(lean);
            lean.store()
                    .write(
                            "test",
                            session -> session.write(transaction -> {
                                transaction.absent(content());
                                return true;
                            }));
            lean.store().staging().remove(List.of(lean.home(content())));

            assertThat(subjects(lean.verify())).containsExactly(subject(Kind.MISSING, content()));
        }
    }
}
