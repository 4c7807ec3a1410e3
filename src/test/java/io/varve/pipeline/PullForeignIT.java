package io.varve.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Foreign layers, which registries need not have, are refused unless they are allowed. */
class PullForeignIT extends PullWorld {
    private final byte[] tar = FakeImage.tar("f", 1_000);
    private final LayerPlan layer =
            new LayerPlan(source.add(MediaType.Known.DOCKER_FOREIGN_GZIP, FakeImage.gzipped(tar)), Digest.sha256(tar));
    private final FakeImage image = FakeImage.of(source, FakeImage.gzipLayer(source, FakeImage.tar("g", 10)), layer);

    @Test
    void isRefusedBeforeAnyLayerIsFetched() {
        assertThatThrownBy(() -> pull(image.manifest(), NAME))
                .isInstanceOf(Failure.class)
                .hasMessage("Invalid: manifest " + image.manifest().digest() + ": got the foreign layer "
                        + layer.blob().digest() + " (" + MediaType.Known.DOCKER_FOREIGN_GZIP
                        + "), which registries need not have; wanted the setting allowForeignLayers: true");

        image.layers().forEach(each -> assertThat(source.opened(each.blob())).isZero());
        assertThat(store.directory()).doesNotExist();
    }

    @Test
    void isRefusedInArtifactsToo() {
        FakeArtifact artifact =
                FakeArtifact.of(source, source.add(FakeArtifact.TYPE, noise(10)), List.of(layer.blob()));

        assertThatThrownBy(() -> bring(artifact)).hasMessageContaining("allowForeignLayers");
    }

    @Test
    void comesAsOthersDoWhereItIsAllowed() {
        Pull allowing = new Pull(store, flows, true);

        Image pulled = allowing.pull(source, image.manifest(), NAME, null, PullListener.NONE);

        assertThat(pulled.tree().entries()).isEqualTo(2);
    }
}
