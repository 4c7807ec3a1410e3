package io.varve.pipeline;

import static io.varve.pipeline.FakeSource.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.catalogue.Entry;
import io.varve.failure.Failure;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** All platforms of an image index on their way into a store. */
class PullPlatformsIT extends PullWorld {
    private final LayerPlan shared = FakeImage.gzipLayer(source, FakeImage.tar("shared", 600_000));

    private FakeImage image(String name) {
        return FakeImage.of(source, shared, FakeImage.gzipLayer(source, FakeImage.tar(name, 10_000)));
    }

    private Descriptor index(Map<String, Descriptor> images) {
        return FakeImage.index(
                source,
                List.copyOf(images.values()),
                images.keySet().stream().map(Platform::parse).toList());
    }

    @Test
    void areBroughtWithNestedIndexesAndWhatTheyShareOnce() {
        FakeImage amd64 = image("amd64");
        FakeImage arm64 = image("arm64");
        FakeImage s390x = image("s390x");
        FakeArtifact chart = FakeArtifact.of(source, noise(10), noise(1_000));
        FakeArtifact attestation = FakeArtifact.of(source, noise(11), noise(1_001));
        Descriptor nested = index(Map.of("linux/s390x", s390x.manifest()));
        Map<String, Descriptor> entries = new LinkedHashMap<>();
        entries.put("linux/amd64", amd64.manifest());
        entries.put("unknown/unknown", attestation.manifest());
        entries.put("linux/arm64", arm64.manifest());
        entries.put("plan9/chart", chart.manifest());
        entries.put("linux/s390x", nested);
        Descriptor index = index(entries);
        Special listener = new Special();

        List<Brought> brought = bring(index, NAME, Platforms.All.ALL, listener);

        assertThat(brought)
                .extracting(each -> ((Image) each).plan().descriptor().digest())
                .containsExactly(
                        amd64.manifest().digest(),
                        arm64.manifest().digest(),
                        s390x.manifest().digest());
        assertThat(List.of(amd64, arm64, s390x))
                .allSatisfy(each -> assertThat(each.blobs()).allMatch(this::has));
        assertThat(source.opened(shared.blob())).isEqualTo(1);
        assertThat(listener.skipped)
                .extracting(Descriptor::digest)
                .containsExactly(chart.manifest().digest());
        assertThat(chart.all()).noneMatch(this::has);
        assertThat(attestation.all()).noneMatch(this::has);
        assertThat(source.documents(attestation.manifest())).isZero();
        assertThat(has(nested)).isTrue();
        assertThat(catalogue().images())
                .singleElement()
                .satisfies(stored ->
                        assertThat(stored.platforms()).containsExactly("linux/amd64", "linux/arm64", "linux/s390x"));
        Images images = new Images(store, flows, pull);
        for (String platform : List.of("linux/amd64", "linux/arm64", "linux/s390x")) {
            assertThat(images.open(Reference.normalized("app"), Platform.parse(platform), PullListener.NONE)
                            .plan()
                            .platform())
                    .hasToString(platform);
        }
        assertThat(catalogue().garbage(List.of(), afterTheLease())).noneMatch(Entry::present);
    }

    @Test
    void areGivenUpWithTheFirstThatFails() {
        FakeImage whole = image("whole");
        FakeImage broken = image("broken");
        Descriptor missing = broken.layers().getLast().blob();
        source.remove(missing);
        CountDownLatch never = new CountDownLatch(1);
        source.before(whole.layers().getLast().blob(), () -> await(never));
        Descriptor index = index(Map.of("linux/amd64", whole.manifest(), "linux/arm64", broken.manifest()));

        assertThatThrownBy(() -> bring(index, NAME, Platforms.All.ALL, PullListener.NONE))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("NotFound: blob " + missing.digest());

        assertThat(catalogue().tag(NAME)).isEmpty();
    }
}
