package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.varve.image.Peers;
import io.varve.image.Program;
import io.varve.layout.LayoutWriter;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What others put into docker-registry comes out of it, however it wants to be asked. */
class RegistryPeersIT {
    private static final CertificateAuthority AUTHORITY = new CertificateAuthority("test");
    private static final String CREDENTIALS = DockerRegistry.USER + ":" + DockerRegistry.PASSWORD;
    private static final Access USER = access(CREDENTIALS);
    private static final String GUESS = "guessed-it";
    private static final Access STRANGER = access(DockerRegistry.USER + ":" + GUESS);
    private static final int PATIENCE_S = 60;

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private final FakeImage image = FakeImage.gzip(source, "layer", 1_000, 700_000);
    private Vertx vertx;

    @BeforeEach
    void start() throws TimeoutException {
        Peers.need("docker-registry", "skopeo");
        vertx = WatchedVertx.createForSockets();
    }

    @AfterEach
    void stop() throws TimeoutException {
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private static Access access(String credentials) {
        return new Access(Credential.parse(credentials), false, false);
    }

    /** Where certificates are that are trusted, as skopeo and Varve have them. */
    private Path trusted() throws IOException {
        Path certificates = Files.createDirectories(directory.resolve("trusted"));
        Files.writeString(certificates.resolve("ca.crt"), AUTHORITY.self().certificatePem());
        return certificates;
    }

    /** Has skopeo copy the image there, whose manifest skopeo leaves as it is. */
    private void fill(DockerRegistry registry, String... options) throws IOException, InterruptedException {
        LayoutWriter layout = LayoutWriter.create(directory.resolve("layout"));
        for (Descriptor blob : image.blobs()) {
            layout.write(blob.mediaType(), source.read(blob, Long.MAX_VALUE));
        }
        layout.tag("it", image.manifest());
        List<String> words = new ArrayList<>(List.of("skopeo", "--insecure-policy", "copy", "--quiet"));
        words.addAll(List.of(options));
        words.add(registry.tls() ? "--dest-cert-dir=" + trusted() : "--dest-tls-verify=false");
        words.addAll(List.of("oci:layout:it", "docker://" + registry.host() + "/some/thing:1"));
        new Program(directory, words.toArray(String[]::new)).succeed();
    }

    private <T> T ask(Supplier<Future<T>> question) throws TimeoutException {
        return Future.<T>future(
                        answer -> vertx.runOnContext(on -> question.get().onComplete(answer)))
                .await(PATIENCE_S, TimeUnit.SECONDS);
    }

    /** As the program has it, without what is kept of credentials. */
    private RegistryClient client(DockerRegistry registry) throws IOException {
        Path ca = registry.tls() ? trusted().resolve("ca.crt") : null;
        HostOptions options = new HostOptions(List.of(), !registry.tls(), false, ca, null, null, 8, 16, registry.tls());
        Credentials none = (host, repository) -> Optional.empty();
        return new RegistryClient(
                vertx,
                new RegistryOptions(Map.of(registry.host(), options), NetworkOptions.DEFAULTS, RegistryLimits.DEFAULTS),
                Map.of(),
                tokens -> new Tokens(vertx, none, tokens, InstantSource.system()));
    }

    private static Repository repository(DockerRegistry registry, Access access) {
        return new Repository(registry.host(), "some/thing", access);
    }

    /** The image, asked for by name, digest and descriptor, from the beginning and from the middle. */
    private void assertServesImage(DockerRegistry registry, Access access) throws IOException, TimeoutException {
        Repository repository = repository(registry, access);
        try (RegistryClient client = client(registry)) {
            ask(() -> client.check(registry.host(), access));
            RemoteDocument document = ask(() -> client.resolve(repository, "1", Json.DEFAULT_LIMIT));
            assertThat(document.descriptor()).isEqualTo(image.manifest());
            String digest = image.manifest().digest().toString();
            assertThat(ask(() -> client.resolve(repository, digest, Json.DEFAULT_LIMIT))
                            .bytes())
                    .isEqualTo(document.bytes());
            assertThat(ask(() -> client.document(repository, image.config(), Json.DEFAULT_LIMIT)))
                    .isEqualTo(source.read(image.config(), Long.MAX_VALUE));
            for (Descriptor blob : image.blobs()) {
                if (!blob.equals(image.manifest())) {
                    assertServesBlob(client, repository, blob);
                }
            }
            assertNotThere(client, repository);
        }
    }

    private void assertServesBlob(RegistryClient client, Repository repository, Descriptor blob)
            throws TimeoutException {
        CollectedSlabs whole = CollectedSlabs.all();
        ask(() -> client.blob(repository, blob, 0, whole));
        assertThat(Digest.sha256(whole.bytes())).isEqualTo(blob.digest());
        int middle = (int) (blob.size() / 2);
        CollectedSlabs rest = CollectedSlabs.all();
        ask(() -> client.blob(repository, blob, middle, rest));
        assertThat(rest.bytes()).isEqualTo(Arrays.copyOfRange(whole.bytes(), middle, (int) blob.size()));
    }

    private void assertNotThere(RegistryClient client, Repository repository) {
        assertThat(catchThrowableOfType(
                        Failure.class, () -> ask(() -> client.resolve(repository, "2", Json.DEFAULT_LIMIT))))
                .hasMessageStartingWith(
                        "NotFound: pull manifest 2 from " + repository + ": status 404: MANIFEST_UNKNOWN: ");
        Digest nothing = Digest.sha256(new byte[0]);
        Descriptor blob = Descriptor.of(MediaType.Known.OCI_LAYER, nothing, 10);
        assertThat(catchThrowableOfType(
                        Failure.class, () -> ask(() -> client.blob(repository, blob, 0, CollectedSlabs.all()))))
                .hasMessageStartingWith(
                        "NotFound: pull blob " + nothing + " from " + repository + ": status 404: BLOB_UNKNOWN: ");
    }

    @Test
    void servesImageOverHttp() throws Exception {
        try (DockerRegistry registry = DockerRegistry.http(directory)) {
            fill(registry);
            assertServesImage(registry, Access.DEFAULT);
        }
    }

    @Test
    void servesImageOverTls() throws Exception {
        try (DockerRegistry registry = DockerRegistry.tls(directory, AUTHORITY.server())) {
            fill(registry);
            assertServesImage(registry, Access.DEFAULT);
        }
    }

    private void assertRefused(DockerRegistry registry, Access access, String why) throws IOException {
        Repository repository = repository(registry, access);
        try (RegistryClient client = client(registry)) {
            Failure check = refusal(() -> client.check(registry.host(), access));
            assertThat(check).hasMessage("Unauthorized: check " + registry.host() + ": " + why);
            Failure resolve = refusal(() -> client.resolve(repository, "1", Json.DEFAULT_LIMIT));
            assertThat(resolve).hasMessage("Unauthorized: pull manifest 1 from " + repository + ": " + why);
            Descriptor layer = image.layers().getFirst().blob();
            Failure blob = refusal(() -> client.blob(repository, layer, 0, CollectedSlabs.all()));
            assertThat(blob)
                    .hasMessage("Unauthorized: pull blob " + layer.digest() + " from " + repository + ": " + why);
        }
    }

    private Failure refusal(Supplier<Future<?>> question) {
        Failure failure = catchThrowableOfType(
                Failure.class, () -> ask(() -> question.get().mapEmpty()));
        assertThat(failure.category()).isEqualTo(Category.UNAUTHORIZED);
        assertThat(failure.getMessage()).doesNotContain(GUESS).doesNotContain("\n");
        return failure;
    }

    @Test
    void servesImageToUserOfHtpasswd() throws Exception {
        try (DockerRegistry registry = DockerRegistry.htpasswd(directory, AUTHORITY.server())) {
            fill(registry, "--dest-creds=" + CREDENTIALS);
            assertServesImage(registry, USER);
            String login = "; `varve login " + registry.host() + "`";
            assertRefused(
                    registry, STRANGER, "got 401 as user somebody again, wanted somebody who may do this" + login);
            assertRefused(registry, Access.DEFAULT, "got 401 as anonymous, wanted a user" + login);
        }
    }

    @Test
    void servesImageToOwnerOfToken() throws Exception {
        TokenIssuer issuer = TokenIssuer.signed(AUTHORITY.self()).onlyFor(DockerRegistry.USER, DockerRegistry.PASSWORD);
        try (FakeServer tokens = FakeServer.http(vertx, issuer);
                DockerRegistry registry = DockerRegistry.tokens(directory, tokens.url() + "/token", AUTHORITY.self())) {
            fill(registry, "--dest-creds=" + CREDENTIALS);
            int pushing = issuer.issued();
            assertServesImage(registry, USER);
            assertThat(issuer.issued() - pushing)
                    .as("one to check, one to pull")
                    .isEqualTo(2);
            String refused = "ask " + tokens.url() + " for a token: got 401 (incorrect username or password) as ";
            assertRefused(registry, STRANGER, refused + "user somebody, wanted 200");
            assertRefused(registry, Access.DEFAULT, refused + "anonymous, wanted 200");
        }
    }

    @Test
    void refusesCertificateOfStranger() throws Exception {
        CertificateAuthority stranger = new CertificateAuthority("stranger");
        try (DockerRegistry registry = DockerRegistry.tls(directory, stranger.server());
                RegistryClient client = client(registry)) {
            Failure failure =
                    catchThrowableOfType(Failure.class, () -> ask(() -> client.check(registry.host(), Access.DEFAULT)));
            assertThat(failure.category()).isEqualTo(Category.UNAVAILABLE);
            assertThat(failure)
                    .hasMessageStartingWith("Unavailable: check " + registry.host() + ": certificate not trusted: ");
            ask(() -> client.check(registry.host(), new Access(null, false, true)));
        }
    }

    /** buildah's manifest has annotations, its configuration a history. */
    @Test
    void servesWhatBuildahBuilt() throws Exception {
        Peers.need("buildah");
        Peers.needRoot();
        try (DockerRegistry registry = DockerRegistry.http(directory)) {
            Files.writeString(
                    directory.resolve("policy.json"), "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}");
            Files.writeString(directory.resolve("file"), "content");
            String buildah = "buildah --storage-driver vfs --root \"$PWD/root\" --runroot \"$PWD/run\"";
            Program.shell(directory, """
                    c=$(%s from scratch)
                    %s copy --quiet "$c" file /d/file
                    %s commit --quiet --tls-verify=false --signature-policy policy.json "$c" docker://%s/some/thing:1
                    """.formatted(buildah, buildah, buildah, registry.host()))
                    .succeed();
            Repository repository = repository(registry, Access.DEFAULT);
            try (RegistryClient client = client(registry)) {
                RemoteDocument document = ask(() -> client.resolve(repository, "1", Json.DEFAULT_LIMIT));
                Manifest manifest = (Manifest) Document.parse(document.bytes(), Json.DEFAULT_LIMIT);
                ask(() -> client.document(repository, manifest.config(), Json.DEFAULT_LIMIT));
                for (Descriptor layer : manifest.layers()) {
                    assertServesBlob(client, repository, layer);
                }
            }
        }
    }
}
