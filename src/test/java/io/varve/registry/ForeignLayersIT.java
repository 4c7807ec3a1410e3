package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers that a registry need not have itself: its manifests say where else they are. */
class ForeignLayersIT extends FaultyWorld {
    private final byte[] bytes = new byte[1_000_003];
    private FakeRegistry elsewhere;

    @BeforeEach
    void startAnother() throws Exception {
        new Random(7).nextBytes(bytes);
        elsewhere = FakeRegistry.http(vertx);
    }

    @AfterEach
    void stopIt() throws Exception {
        client.close();
        await(elsewhere.server().left());
        elsewhere.close();
    }

    private Descriptor foreign(String... urls) {
        ObjectNode json = Manifest.of(
                        Descriptor.of(MediaType.Known.DOCKER_FOREIGN_GZIP, Digest.sha256(bytes), bytes.length),
                        List.of())
                .toJson();
        ArrayNode array = json.withObject("/config").putArray("urls");
        List.of(urls).forEach(array::add);
        return ((Manifest) Document.parse(Json.write(json), LIMIT)).config();
    }

    private String url(String repository) {
        return elsewhere.server().url() + "/v2/" + repository + "/blobs/" + Digest.sha256(bytes);
    }

    private byte[] pull(Descriptor layer) throws TimeoutException {
        CollectedSlabs sink = CollectedSlabs.all();
        ask(() -> client.foreign(repository(), layer, 0, sink));
        return sink.bytes();
    }

    @Test
    void repositoryIsAskedFirst() throws Exception {
        fake.blob(bytes);
        elsewhere.blob(bytes);

        assertThat(pull(foreign(url("a")))).isEqualTo(bytes);

        assertThat(elsewhere.server().asked("")).isEmpty();
    }

    @Test
    void firstUrlThatHasItIsTakenAndNotToldWhoWeAre() throws Exception {
        fake.demandBasic("u", "p");
        client(NETWORK, tokens -> Authorizers.onChallenge("Basic dTpw"));
        elsewhere.blob(bytes);
        elsewhere.server().always("/v2/gone/", Fault.status(404));
        elsewhere.server().script("/v2/here/", Fault.cut(700_000));

        assertThat(pull(foreign("ftp://127.0.0.1/layer", "file:///etc/passwd", url("gone"), url("here"), url("never"))))
                .isEqualTo(bytes);

        assertThat(elsewhere.server().asked("/v2/gone/")).hasSize(1);
        assertThat(elsewhere.server().asked("/v2/here/"))
                .extracting(asked -> asked.header("Range"))
                .containsExactly(null, "bytes=700000-");
        assertThat(elsewhere.server().asked("/v2/never/")).isEmpty();
        assertThat(elsewhere.server().asked(""))
                .extracting(asked -> asked.header("Authorization"))
                .containsOnlyNulls();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://10.1.2.3/layer", "http://169.254.169.254/latest/meta-data"})
    void urlsLeadNowhereThatTheRegistryMayNotLeadTo(String url) {
        Failure failure = failure(() -> pull(foreign(url)));

        assertThat(failure.category()).isEqualTo(Category.INVALID);
        assertThat(failure)
                .hasMessageContaining("wanted one that http://" + fake.server().host() + " may lead to");
    }

    @Test
    void layerThatNobodyHasIsNotFound() {
        assertThat(failure(() -> pull(foreign(url("a") + "?secret"))))
                .hasMessageStartingWith("NotFound: pull blob " + Digest.sha256(bytes) + " from ")
                .hasMessageNotContainingAny("secret");
    }

    @Test
    void noMoreThanSixteenUrlsAreTried() {
        elsewhere.blob(bytes);
        elsewhere.server().always("/v2/gone", Fault.status(404));
        String[] urls = IntStream.range(0, 17)
                .mapToObj(each -> url(each < 16 ? "gone" + each : "here"))
                .toArray(String[]::new);

        assertThat(failure(() -> pull(foreign(urls)))).hasMessageStartingWith("NotFound: pull blob ");

        assertThat(elsewhere.server().asked("/v2/gone")).hasSize(16);
        assertThat(elsewhere.server().asked("/v2/here")).isEmpty();
    }
}
