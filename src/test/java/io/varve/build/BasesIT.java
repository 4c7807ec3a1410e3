package io.varve.build;

import static io.varve.build.Workshop.FILE;
import static io.varve.build.Workshop.PATIENCE_S;
import static io.varve.build.Workshop.onBase;
import static io.varve.build.Workshop.onScratch;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.oci.Descriptor;
import io.varve.oci.Document;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.Platform;
import io.varve.os.Staging;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What images are built on when the store does not have them as a build would leave them. */
class BasesIT extends WorkshopWorld {
    /** More than there are threads that wait for the disk. */
    private static final int MANY = 80;

    private static final String COPY = "{'copyFrom': 'a.example/base:1', 'paths': [{'src': 'bin', 'dest': 'usr/bin'}]}";

    /** As it is after a push, until somebody asks for a file: its blobs are there, and nothing that is made of them. */
    private void baseThatWasPushed() throws Exception {
        shop.base();
        shop.close();
        for (String shelf : List.of("layers", "images")) {
            Staging.delete(shop.store.directory().resolve(shelf));
        }
        open();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'layers': [" + FILE + "]",
                "'layers': [" + FILE + ", " + COPY + "]",
                "'squash': true, 'layers': [" + FILE + "]"
            })
    void imageThatNobodyHasReadYetIsBuiltOn(String rest) throws Exception {
        baseThatWasPushed();

        Built built = shop.build(onBase(rest));

        assertThat(shop.shows(built, "bin/dash")).isTrue();
        assertThat(shop.shows(built, "etc/motd")).isTrue();
    }

    @Test
    void moreBuildsThanThereAreThreadsHaveItsLayersMadeOnce() throws Exception {
        baseThatWasPushed();
        List<Future<Built>> builds = new ArrayList<>();

        for (int i = 0; i < MANY; i++) {
            builds.add(shop.begin(
                    onScratch("'layers': [" + COPY + ", {'files': [{'path': 'number', 'text': '" + i + "'}]}]")));
        }

        Future.all(builds).await(PATIENCE_S, TimeUnit.SECONDS);
        assertThat(shop.shows(builds.getLast().result(), "usr/bin/dash")).isTrue();
    }

    @Test
    void imageOfAnIndexIsForThePlatformThatTheIndexSays() throws Exception {
        List<Platform> platforms = List.of(Platform.parse("linux/mips64le"), Platform.parse("linux/s390x"));
        FakeSource source = new FakeSource();
        List<Descriptor> images = List.of(
                FakeImage.gzip(source, "one", 1000).manifest(),
                FakeImage.gzip(source, "two", 1000).manifest());
        // Their configurations say that they are for this machine.
        shop.pull(source, FakeImage.index(source, images, platforms), "a.example/base:1");

        Built built = shop.build("{'from': 'a.example/base:1', 'platforms': ['linux/mips64le', 'linux/s390x'],"
                + " 'layers': [" + FILE + "]}");

        byte[] written = shop.store.content().read(built.image(), Json.DEFAULT_LIMIT);
        Index index = (Index) Document.parse(written, Json.DEFAULT_LIMIT);
        assertThat(index.manifests()).extracting(Descriptor::platform).containsExactlyElementsOf(platforms);
    }
}
