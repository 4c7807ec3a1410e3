package io.varve.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.ChainId;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImagePlannerTest {
    private static final Platform S390X = Platform.parse("linux/s390x");

    private final Map<Digest, byte[]> stored = new HashMap<>();
    private final List<Digest> read = new ArrayList<>();
    private final MetadataCache cache = cache();

    MetadataCache cache() {
        return MetadataCache.off();
    }

    private Descriptor store(MediaType mediaType, byte[] bytes) {
        Digest digest = Digest.sha256(bytes);
        stored.put(digest, bytes);
        return Descriptor.of(mediaType, digest, bytes.length);
    }

    private byte[] load(Descriptor descriptor, long limit) {
        byte[] bytes = stored.get(descriptor.digest());
        if (bytes == null) {
            throw Failure.notFound("blob " + descriptor.digest());
        }
        assertThat((long) bytes.length).isLessThanOrEqualTo(limit);
        read.add(descriptor.digest());
        return bytes;
    }

    private static Digest diffId(int i) {
        return Digest.sha256(("tar " + i).getBytes(UTF_8));
    }

    private static List<Descriptor> blobs(int count, MediaType mediaType) {
        List<Descriptor> blobs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            blobs.add(Descriptor.of(mediaType, Digest.sha256(("blob " + i).getBytes(UTF_8)), i));
        }
        return blobs;
    }

    private Descriptor config(String platform, int layers) {
        List<Digest> diffIds = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            diffIds.add(diffId(i));
        }
        return store(
                MediaType.Known.OCI_CONFIG,
                ImageConfig.of(Platform.parse(platform), diffIds).bytes());
    }

    private Descriptor manifest(Descriptor config, List<Descriptor> layers) {
        return store(MediaType.Known.OCI_MANIFEST, Manifest.of(config, layers).bytes());
    }

    /** An image of two layers. */
    private Descriptor image(String platform) {
        return manifest(config(platform, 2), blobs(2, MediaType.Known.OCI_LAYER_GZIP));
    }

    /** The descriptor as an image index lists it for a platform. */
    private Descriptor listed(Descriptor image, String platform) {
        Platform parsed = Platform.parse(platform);
        ObjectNode entry = image.toJson();
        ObjectNode stated =
                entry.putObject("platform").put("os", parsed.os()).put("architecture", parsed.architecture());
        if (parsed.variant() != null) {
            stated.put("variant", parsed.variant());
        }
        ObjectNode index = Index.of(List.of()).toJson();
        index.withArray("/manifests").add(entry);
        return ((Index) Document.parse(Json.write(index), Json.DEFAULT_LIMIT))
                .manifests()
                .getFirst();
    }

    private Descriptor index(Descriptor... entries) {
        return store(MediaType.Known.OCI_INDEX, Index.of(List.of(entries)).bytes());
    }

    private ImagePlan plan(Descriptor image, @Nullable Platform wanted) {
        return plan(image, wanted, PlanLimits.DEFAULTS);
    }

    private ImagePlan plan(Descriptor image, @Nullable Platform wanted, PlanLimits limits) {
        return new ImagePlanner(this::load, cache, limits).plan(image, wanted);
    }

    private static void assertFails(ThrowingCallable call, Category category, String... parts) {
        assertThatThrownBy(call).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(category);
            assertThat(failure.getMessage()).contains(parts);
        });
    }

    @Test
    void plansAManifest() {
        Descriptor image = image("linux/s390x");
        ImagePlan plan = plan(image, null);
        List<Descriptor> blobs = blobs(2, MediaType.Known.OCI_LAYER_GZIP);
        assertThat(plan.descriptor()).isEqualTo(image);
        assertThat(plan.manifest().layers()).isEqualTo(blobs);
        assertThat(plan.config().diffIds()).containsExactly(diffId(0), diffId(1));
        assertThat(plan.platform()).isEqualTo(S390X);
        assertThat(plan.layers())
                .containsExactly(new LayerPlan(blobs.get(0), diffId(0)), new LayerPlan(blobs.get(1), diffId(1)));
        assertThat(plan.chainId()).isEqualTo(ChainId.of(List.of(diffId(0), diffId(1))));
    }

    @Test
    void takesAManifestForAnotherPlatformOnlyWhenNoneIsWanted() {
        Descriptor image = image("linux/s390x");
        assertThat(plan(image, S390X).platform()).isEqualTo(S390X);
        assertFails(
                () -> plan(image, Platform.parse("linux/riscv64")),
                Category.NOT_FOUND,
                "image for linux/riscv64: got linux/s390x");
    }

    @Test
    void takesThisMachinesPlatformFromAnIndex() {
        String here = Platform.ofThisMachine().toString();
        Descriptor mine = listed(image(here), here);
        Descriptor index = index(listed(image("plan9/mips"), "plan9/mips"), mine);
        assertThat(plan(index, null).descriptor()).isEqualTo(mine);
    }

    @ParameterizedTest
    @CsvSource({
        "linux/arm/v7, linux/arm/v7",
        "linux/arm, linux/arm/v7",
        "linux/arm/v6, linux/arm/v6",
        "linux/arm/v8, linux/arm/v7",
        "linux/amd64/v3, linux/amd64/v2",
        "linux/amd64, linux/amd64",
        "linux/arm64/v8, linux/arm64",
    })
    void takesTheNearestPlatform(String wanted, String chosen) {
        List<Descriptor> entries = new ArrayList<>();
        for (String each : List.of("linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/amd64", "linux/amd64/v2")) {
            entries.add(listed(image(each), each));
        }
        entries.add(listed(image("linux/arm64"), "linux/arm64"));
        Descriptor forward = index(entries.toArray(Descriptor[]::new));
        assertThat(plan(forward, Platform.parse(wanted)).platform()).hasToString(chosen);
        Collections.reverse(entries);
        Descriptor backward = index(entries.toArray(Descriptor[]::new));
        assertThat(plan(backward, Platform.parse(wanted)).platform()).hasToString(chosen);
    }

    @Test
    void takesTheFirstOfEquals() {
        Descriptor first = listed(image("linux/s390x"), "linux/s390x");
        Descriptor second = listed(manifest(config("linux/s390x", 0), List.of()), "linux/s390x");
        assertThat(plan(index(first, second), S390X).descriptor()).isEqualTo(first);
        assertThat(plan(index(second, first), S390X).descriptor()).isEqualTo(second);
    }

    @Test
    void looksThroughNestedIndexesInTheirPlace() {
        Descriptor inner = listed(image("linux/s390x"), "linux/s390x");
        Descriptor outer = listed(manifest(config("linux/s390x", 0), List.of()), "linux/s390x");
        Descriptor nested = index(listed(image("linux/arm"), "linux/arm"), inner);
        assertThat(plan(index(nested, outer), S390X).descriptor()).isEqualTo(inner);
        assertThat(plan(index(outer, nested), S390X).descriptor()).isEqualTo(outer);
    }

    @Test
    void doesNotReadANestedIndexForAnotherPlatform() {
        Descriptor other = listed(index(listed(image("linux/arm"), "linux/arm")), "linux/arm");
        Descriptor mine = listed(image("linux/s390x"), "linux/s390x");
        plan(index(other, mine), S390X);
        assertThat(read).doesNotContain(other.digest()).contains(mine.digest());
    }

    @Test
    void neverTakesAnAttestation() {
        Descriptor annotated = listed(image("linux/s390x"), "linux/s390x")
                .annotated("vnd.docker.reference.type", "attestation-manifest");
        Descriptor unknown = listed(image("linux/s390x"), "unknown/unknown");
        assertFails(
                () -> plan(index(annotated, unknown), S390X),
                Category.NOT_FOUND,
                "image for linux/s390x: got none for any platform");
        assertFails(() -> plan(index(unknown), Platform.parse("unknown/unknown")), Category.NOT_FOUND, "got none");
    }

    @Test
    void asksTheConfigurationsOnlyWhenNoEntryStatesThePlatform() {
        Descriptor chart = manifest(store(MediaType.parse("a/chart"), new byte[0]), List.of());
        Descriptor arm = image("linux/arm");
        Descriptor silent = image("linux/s390x");
        Descriptor index = index(chart, listed(image("linux/386"), "linux/386"), arm, silent);
        assertThat(plan(index, S390X).descriptor()).isEqualTo(silent);
        assertFails(
                () -> plan(index, Platform.parse("linux/riscv64")),
                Category.NOT_FOUND,
                "got linux/386, linux/arm/v7, linux/s390x");
        read.clear();
        plan(index, Platform.parse("linux/386"));
        assertThat(read).doesNotContain(silent.digest(), arm.digest(), chart.digest());
    }

    @Test
    void namesThePlatformsThereAre() {
        Descriptor index = index(
                listed(image("linux/amd64"), "linux/amd64"),
                index(listed(image("linux/arm64"), "linux/arm64"), listed(image("linux/amd64"), "linux/amd64")));
        assertFails(
                () -> plan(index, S390X),
                Category.NOT_FOUND,
                "NotFound: image for linux/s390x: got linux/amd64, linux/arm64");
    }

    @Test
    void boundsHowDeepIndexesNest() {
        Descriptor nested = listed(image("linux/s390x"), "linux/s390x");
        for (int i = 0; i < 4; i++) {
            nested = index(nested);
        }
        assertThat(plan(nested, S390X).platform()).isEqualTo(S390X);
        Descriptor tooDeep = index(nested);
        assertFails(() -> plan(tooDeep, S390X), Category.EXCEEDED, "got 5, at most 4 (limits.indexDepth)");
    }

    @Test
    void boundsHowMuchAllDocumentsTogetherAre() {
        List<Descriptor> entries = new ArrayList<>();
        for (int i = 30; i < 50; i++) {
            entries.add(manifest(config("linux/arm", i), blobs(i, MediaType.Known.OCI_LAYER)));
        }
        Descriptor index = index(entries.toArray(Descriptor[]::new));
        long largest = Math.max(index.size(), entries.getLast().size());
        assertFails(
                () -> plan(index, S390X, new PlanLimits(largest, 1000, 4, 100)),
                Category.EXCEEDED,
                "at most " + 8 * largest + " (limits.manifestBytes)");
    }

    @Test
    void boundsHowManyDocumentsAreRead() {
        List<Descriptor> entries = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            entries.add(manifest(config("linux/arm", i), blobs(i, MediaType.Known.OCI_LAYER)));
        }
        Descriptor index = index(entries.toArray(Descriptor[]::new));
        assertFails(
                () -> plan(index, S390X, new PlanLimits(4 << 20, 1000, 4, 10)),
                Category.EXCEEDED,
                "got 11, at most 10 (limits.documents)");
        assertThat(read).hasSize(10);
    }

    @Test
    void boundsTheBytesOfADocument() {
        Descriptor image = image("linux/s390x");
        PlanLimits small = new PlanLimits(image.size() - 1, 1000, 4, 10);
        ImagePlanner planner =
                new ImagePlanner((descriptor, limit) -> load(descriptor, Long.MAX_VALUE), MetadataCache.off(), small);
        assertFails(() -> planner.plan(image, null), Category.EXCEEDED, "manifest " + image.digest(), "manifestBytes");
    }

    @Test
    void allowsAsManyLayersAsTheLimit() {
        Descriptor image = manifest(config("linux/s390x", 600), blobs(600, MediaType.Known.OCI_LAYER_ZSTD));
        assertThat(plan(image, null).layers()).hasSize(600);
        assertFails(
                () -> plan(image, null, new PlanLimits(4 << 20, 599, 4, 100)),
                Category.EXCEEDED,
                "layers: got 600, at most 599 (limits.layers)");
    }

    @Test
    void plansAnImageWithoutLayers() {
        ImagePlan plan = plan(manifest(config("linux/s390x", 0), List.of()), null);
        assertThat(plan.layers()).isEmpty();
        assertThat(plan.chainId()).isEqualTo(ChainId.of(List.of()));
    }

    @Test
    void wantsAsManyLayersAsDiffIds() {
        Descriptor image = manifest(config("linux/s390x", 3), blobs(2, MediaType.Known.OCI_LAYER));
        assertFails(
                () -> plan(image, null),
                Category.MISMATCH,
                "manifest " + image.digest() + ": layers: got 2, wanted 3, as rootfs.diff_ids of the config has");
    }

    @Test
    void refusesAnArtifact() {
        Descriptor chart = store(MediaType.parse("application/vnd.cncf.helm.config.v1+json"), new byte[] {'{', '}'});
        assertFails(
                () -> plan(manifest(chart, List.of()), null),
                Category.INVALID,
                "not a runnable image: config.mediaType: got application/vnd.cncf.helm.config.v1+json");
    }

    @Test
    void refusesALayerItCannotDecode() {
        Descriptor image = manifest(config("linux/s390x", 1), blobs(1, MediaType.parse("application/x-lzma")));
        assertFails(() -> plan(image, null), Category.INVALID, "layers[0].mediaType: got application/x-lzma");
    }

    @Test
    void takesForeignLayersWhoseContentMayBeThere() {
        Descriptor image = manifest(config("linux/s390x", 1), blobs(1, MediaType.Known.DOCKER_FOREIGN_GZIP));
        assertThat(plan(image, null).layers()).hasSize(1);
    }

    @Test
    void refusesALayerThatNobodyCanVerify() {
        ObjectNode json = Manifest.of(config("linux/s390x", 1), blobs(1, MediaType.Known.OCI_LAYER))
                .toJson();
        ((ObjectNode) json.at("/layers/0")).put("digest", "md5:d41d8cd98f00b204e9800998ecf8427e");
        Descriptor image = store(MediaType.Known.OCI_MANIFEST, Json.write(json));
        assertFails(() -> plan(image, null), Category.INVALID, "layers[0].digest: got \"md5:");
    }

    @Test
    void wantsTheMediaTypeThatTheDescriptorAnnounced() {
        byte[] bytes = Manifest.of(config("linux/s390x", 0), List.of()).bytes();
        assertFails(
                () -> plan(store(MediaType.Known.DOCKER_MANIFEST, bytes), null),
                Category.MISMATCH,
                "mediaType: got application/vnd.oci.image.manifest.v1+json");
        assertFails(() -> plan(index(store(MediaType.Known.OCI_INDEX, bytes)), S390X), Category.MISMATCH, "mediaType");
        assertFails(() -> plan(store(MediaType.parse("text/plain"), bytes), null), Category.MISMATCH, "text/plain");
    }

    @Test
    void saysWhatIsMissing() {
        Descriptor image = image("linux/s390x");
        stored.remove(config("linux/s390x", 2).digest());
        assertFails(() -> plan(image, null), Category.NOT_FOUND, "manifest " + image.digest() + ": config sha256:");
    }

    private ImagePlanner planner(PlanLimits limits) {
        return new ImagePlanner(this::load, cache, limits);
    }

    private Plan find(Descriptor image, @Nullable Platform wanted) {
        return planner(PlanLimits.DEFAULTS).find(image, wanted);
    }

    /** An artifact of two blobs with that configuration. */
    private Descriptor artifact(Descriptor config, String blobs) {
        return manifest(config, blobs(2, MediaType.parse(blobs)));
    }

    private Descriptor config(String mediaType) {
        return Descriptor.of(MediaType.parse(mediaType), Digest.sha256(new byte[] {'{', '}'}), 2);
    }

    @Test
    void findsAnArtifactWithoutReadingItsConfiguration() {
        Descriptor config = config("application/vnd.cncf.helm.config.v1+json");
        Descriptor chart = artifact(config, "application/vnd.cncf.helm.chart.content.v1.tar+gzip");

        assertThat(find(chart, null)).isInstanceOfSatisfying(ArtifactPlan.class, plan -> {
            assertThat(plan.descriptor()).isEqualTo(chart);
            assertThat(plan.type()).hasToString("application/vnd.cncf.helm.config.v1+json");
            assertThat(plan.blobs()).hasSize(3).first().isEqualTo(config);
        });
        assertThat(find(chart, S390X)).as("for whatever platform").isInstanceOf(ArtifactPlan.class);
        assertThat(read).containsOnly(chart.digest());
    }

    @Test
    void artifactIsWhatItSaysItself() {
        ObjectNode json = Manifest.of(
                        config("application/vnd.oci.empty.v1+json"), blobs(1, MediaType.Known.OCI_LAYER_GZIP))
                .toJson()
                .put("artifactType", "application/vnd.example.sbom+json");
        Descriptor artifact = store(MediaType.Known.OCI_MANIFEST, Json.write(json));

        assertThat(((ArtifactPlan) find(artifact, null)).type()).hasToString("application/vnd.example.sbom+json");
    }

    @Test
    void signatureIsAnArtifactThoughItHasTheConfigurationOfAnImage() {
        Descriptor signature = artifact(config("linux/s390x", 2), "application/vnd.dev.cosign.simplesigning.v1+json");

        assertThat(((ArtifactPlan) find(signature, null)).type())
                .hasToString("application/vnd.dev.cosign.simplesigning.v1+json");
        assertFails(
                () -> plan(signature, null),
                Category.INVALID,
                "not a runnable image: layers[0].mediaType: got application/vnd.dev.cosign.simplesigning.v1+json");
    }

    @Test
    void imageWhoseLayersAreEncryptedIsNoArtifact() {
        Descriptor image = artifact(config("linux/s390x", 2), "application/vnd.oci.image.layer.v1.tar+gzip+encrypted");
        assertFails(
                () -> find(image, null),
                Category.INVALID,
                "layers[0].mediaType: got application/vnd.oci.image.layer.v1.tar+gzip+encrypted, wanted that of a layer");
    }

    @Test
    void refusesAnArtifactOfTooManyBlobsOrOneThatNobodyCanVerify() {
        Descriptor config = config("a/config");
        Descriptor many = manifest(config, blobs(3, MediaType.parse("a/blob")));
        assertFails(
                () -> planner(new PlanLimits(4 << 20, 2, 4, 100)).find(many, null),
                Category.EXCEEDED,
                "layers: got 3, at most 2 (limits.layers)");
        for (String place : List.of("/config", "/layers/0")) {
            ObjectNode json =
                    Manifest.of(config, blobs(1, MediaType.parse("a/blob"))).toJson();
            ((ObjectNode) json.at(place)).put("digest", "md5:d41d8cd98f00b204e9800998ecf8427e");
            Descriptor unknown = store(MediaType.Known.OCI_MANIFEST, Json.write(json));
            assertFails(() -> find(unknown, null), Category.INVALID, "digest: got \"md5:");
        }
    }

    @Test
    void artifactThatAnIndexListsForThePlatformIsChosenAndOneForNoneIsNot() {
        Descriptor wasm =
                listed(artifact(config("application/vnd.wasm.config.v0+json"), "application/wasm"), "wasi/wasm");
        Descriptor silent = artifact(config("a/config"), "a/blob");
        Descriptor index = index(silent, listed(image("linux/s390x"), "linux/s390x"), wasm);

        assertThat(find(index, Platform.parse("wasi/wasm"))).isInstanceOfSatisfying(ArtifactPlan.class, plan -> {
            assertThat(plan.descriptor()).isEqualTo(wasm);
        });
        assertThat(find(index, S390X)).isInstanceOf(ImagePlan.class);
        assertFails(
                () -> find(index, Platform.parse("linux/riscv64")),
                Category.NOT_FOUND,
                "image for linux/riscv64: got linux/s390x, wasi/wasm");
    }

    @Test
    void allImagesAreThoseOfNestedIndexesTooEachOnce() {
        Descriptor s390x = listed(image("linux/s390x"), "linux/s390x");
        Descriptor arm = listed(image("linux/arm/v7"), "linux/arm/v7");
        Descriptor silent = image("linux/riscv64");
        Descriptor index = index(s390x, listed(index(arm, s390x), "linux/arm"), silent);

        Selection all = planner(PlanLimits.DEFAULTS).all(index);

        assertThat(all.plans()).extracting(Plan::descriptor).containsExactly(s390x, arm, silent);
        assertThat(all.plans())
                .extracting(plan -> ((ImagePlan) plan).platform().toString())
                .containsExactly("linux/s390x", "linux/arm/v7", "linux/riscv64");
        assertThat(all.skipped()).isEmpty();
    }

    @Test
    void allImagesAreNeitherAttestationsNorArtifactsOfWhichTheLatterAreTold() {
        Descriptor image = listed(image("linux/s390x"), "linux/s390x");
        Descriptor attestation = listed(
                        artifact(config("linux/s390x", 2), "application/vnd.in-toto+json"), "unknown/unknown")
                .annotated("vnd.docker.reference.type", "attestation-manifest");
        Descriptor chart = artifact(config("a/config"), "a/blob");
        Descriptor other = Descriptor.of(MediaType.parse("a/thing"), Digest.sha256(new byte[] {1}), 1);
        Descriptor index = index(attestation, chart, image, other);

        Selection all = planner(PlanLimits.DEFAULTS).all(index);

        assertThat(all.plans()).extracting(Plan::descriptor).containsExactly(image);
        assertThat(all.skipped()).containsExactly(chart, other);
        assertThat(read).doesNotContain(attestation.digest(), other.digest());
        assertFails(
                () -> planner(PlanLimits.DEFAULTS).all(index(attestation, chart)),
                Category.NOT_FOUND,
                "image: got none for any platform");
    }

    @Test
    void entryThatStatesNoPlatformAndIsNotThereIsOfferedByNobody() {
        Descriptor gone = image("linux/s390x");
        stored.remove(gone.digest());

        assertThat(plan(index(gone, image("linux/arm")), Platform.parse("linux/arm"))
                        .platform())
                .hasToString("linux/arm/v7");
        assertFails(
                () -> plan(index(gone, listed(image("linux/arm"), "linux/arm")), S390X),
                Category.NOT_FOUND,
                "image for linux/s390x: got linux/arm/v7");
        assertFails(() -> plan(index(gone), S390X), Category.NOT_FOUND, "manifest " + gone.digest());
    }

    @Test
    void allOfAManifestIsTheOneThatItIs() {
        Descriptor image = image("linux/s390x");
        Descriptor chart = artifact(config("a/config"), "a/blob");

        assertThat(planner(PlanLimits.DEFAULTS).all(image).plans())
                .singleElement()
                .isInstanceOf(ImagePlan.class);
        assertThat(planner(PlanLimits.DEFAULTS).all(chart).plans())
                .singleElement()
                .isInstanceOf(ArtifactPlan.class);
    }
}
