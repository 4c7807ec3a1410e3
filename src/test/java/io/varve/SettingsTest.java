package io.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.varve.api.ApiLimits;
import io.varve.api.ApiOptions;
import io.varve.api.ApiSecurity;
import io.varve.api.TlsFiles;
import io.varve.api.TokenFiles;
import io.varve.auth.CertificateCallers;
import io.varve.auth.Scopes;
import io.varve.auth.TokenRules;
import io.varve.bus.WorkLimits;
import io.varve.decode.DecodeLimits;
import io.varve.erofs.ErofsLimits;
import io.varve.failure.Failure;
import io.varve.http.Patience;
import io.varve.job.JobLimits;
import io.varve.layerfs.LayerLimits;
import io.varve.manifest.PlanLimits;
import io.varve.os.Durability;
import io.varve.registry.HostOptions;
import io.varve.registry.NetworkOptions;
import io.varve.registry.RegistryLimits;
import io.varve.registry.RegistryOptions;
import io.varve.registry.Upstreams;
import io.varve.store.StoreOptions;
import io.varve.tar.TarLimits;
import io.varve.view.ReadOptions;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    private static final Map<String, String> NOTHING = Map.of();

    @TempDir
    Path directory;

    private Settings load(String yaml, Map<String, String> environment) throws IOException {
        return Settings.load(Files.writeString(directory.resolve("varve.yaml"), yaml), environment);
    }

    private static void assertRefused(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call)
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Invalid: ")
                .hasMessageContainingAll(parts);
    }

    @Test
    void withoutFileAndVariablesEverythingHasItsDefault() {
        Settings settings = Settings.load(null, NOTHING);

        assertThat(settings.store()).isEqualTo(Settings.defaultStore(NOTHING));
        assertThat(settings.workers()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(settings.storeOptions()).isEqualTo(StoreOptions.DEFAULTS);
        assertThat(settings.limits())
                .isEqualTo(new Limits(
                        PlanLimits.DEFAULTS,
                        DecodeLimits.DEFAULTS,
                        TarLimits.DEFAULTS,
                        LayerLimits.DEFAULTS,
                        ErofsLimits.DEFAULTS,
                        WorkLimits.DEFAULTS,
                        RegistryLimits.DEFAULTS,
                        ApiLimits.DEFAULTS,
                        JobLimits.DEFAULTS));
        assertThat(settings.registryOptions()).isEqualTo(RegistryOptions.DEFAULTS);
        assertThat(settings.keepJobs()).isEqualTo(Duration.ofDays(7));
        assertThat(settings.http()).isEqualTo(new ApiOptions("127.0.0.1", 7077, "", ApiLimits.DEFAULTS));
    }

    @Test
    void fileOverridesDefaultsAndVariablesOverrideTheFile() throws IOException {
        String yaml = """
                store: /from/file
                workers: 3
                lockWait: 5s
                ingest:
                  maxAge: 2h
                leaseTime: 3d
                network: {attempts: 2, patience: 7s, leastRate: 0, blobConnections: 3, segmentBytes: 300000}
                durability: relaxed
                keepBlobs: false
                allowForeignLayers: true
                metadataCacheBytes: 1000
                http: {listen: "[::1]:1", publicName: registry.example, drain: 1s, idleTime: 5m, leastRate: 0}
                jobs: {keep: 1h}
                limits:
                  pathBytes: 77
                  treeBytes: 1_000_000
                  isal: false
                """;
        assertThat(load(yaml, NOTHING)).satisfies(settings -> {
            assertThat(settings.store()).isEqualTo(Path.of("/from/file"));
            assertThat(settings.workers()).isEqualTo(3);
            assertThat(settings.lockWait()).isEqualTo(Duration.ofSeconds(5));
            assertThat(settings.ingestMaxAge()).isEqualTo(Duration.ofHours(2));
            assertThat(settings.leaseTime()).isEqualTo(Duration.ofDays(3));
            assertThat(settings.durability()).isEqualTo(Durability.RELAXED);
            assertThat(settings.keepBlobs()).isFalse();
            assertThat(settings.allowForeignLayers()).isTrue();
            assertThat(settings.metadataCacheBytes()).isEqualTo(1000);
            assertThat(settings.http())
                    .isEqualTo(new ApiOptions(
                            "::1",
                            1,
                            "registry.example",
                            ApiLimits.DEFAULTS,
                            ApiSecurity.OPEN,
                            new Patience(
                                    Patience.DEFAULTS.head(), Patience.DEFAULTS.body(), Duration.ofMinutes(5), 0)));
            assertThat(settings.drain()).isEqualTo(Duration.ofSeconds(1));
            assertThat(settings.keepJobs()).isEqualTo(Duration.ofHours(1));
            assertThat(settings.network())
                    .isEqualTo(new NetworkOptions(
                            2,
                            NetworkOptions.DEFAULTS.connectTimeout(),
                            NetworkOptions.DEFAULTS.idleTimeout(),
                            Duration.ofSeconds(7),
                            NetworkOptions.DEFAULTS.retryAfter(),
                            0,
                            3,
                            300_000));
            assertThat(settings.limits().tar().pathBytes()).isEqualTo(77);
            assertThat(settings.limits().tar().linkBytes()).isEqualTo(TarLimits.DEFAULTS.linkBytes());
            assertThat(settings.limits().decode().isal()).isFalse();
        });
        Map<String, String> environment = Map.of(
                "VARVE_STORE",
                "/from/variable",
                "VARVE_WORKERS",
                "5",
                "VARVE_LIMITS_PATH_BYTES",
                "78",
                "VARVE_LOCK_WAIT",
                "1m",
                "VARVE_INGEST_MAX_AGE",
                "0s",
                "VARVE_DURABILITY",
                "full",
                "VARVE_KEEP_BLOBS",
                "true",
                "HOME",
                "/root");
        assertThat(load(yaml, environment)).satisfies(settings -> {
            assertThat(settings.store()).isEqualTo(Path.of("/from/variable"));
            assertThat(settings.workers()).isEqualTo(5);
            assertThat(settings.lockWait()).isEqualTo(Duration.ofMinutes(1));
            assertThat(settings.ingestMaxAge()).isZero();
            assertThat(settings.leaseTime()).isEqualTo(Duration.ofDays(3));
            assertThat(settings.durability()).isEqualTo(Durability.FULL);
            assertThat(settings.keepBlobs()).isTrue();
            assertThat(settings.limits().tar().pathBytes()).isEqualTo(78);
        });
    }

    /** Two rooms hold the same bound, each for the tree that it makes. */
    @Test
    void treeBytesHoldsForEveryTree() throws IOException {
        Limits limits = load("limits: {treeBytes: 1_000_000}", NOTHING).limits();

        assertThat(limits.layers().treeBytes()).isEqualTo(1_000_000);
        assertThat(limits.erofs().treeBytes()).isEqualTo(1_000_000);
    }

    @Test
    void wordsOfAKeyArePartsOfItsVariable() {
        Settings settings = Settings.load(
                null, Map.of("VARVE_LIMITS_ZSTD_WINDOW_LOG", "31", "VARVE_LIMITS_XATTR_VALUE_BYTES", "7"));

        assertThat(settings.limits().decode().zstdWindowLog()).isEqualTo(31);
        assertThat(settings.limits().tar().xattrValueBytes()).isEqualTo(7);
    }

    @Test
    void emptyVariablesAndAnEmptyFileSayNothing() throws IOException {
        Settings defaults = Settings.load(null, NOTHING);

        assertThat(load("", NOTHING)).isEqualTo(defaults);
        assertThat(load("# nothing\n", NOTHING)).isEqualTo(defaults);
        assertThat(load("limits:\n  # depth: 5\n", NOTHING)).isEqualTo(defaults);
        assertThat(load("workers:\n", Map.of("VARVE_WORKERS", "", "VARVE_LIMITS_DEPTH", "")))
                .isEqualTo(defaults);
    }

    @ParameterizedTest
    @CsvSource({
        "'limit: {depth: 1}', limit.depth",
        "'limits: {pathbytes: 1}', limits.pathbytes",
        "'limits: {depth: {most: 1}}', limits.depth.most",
        "'limits: 7', limits",
        "'ingest: {maxage: 1h}', ingest.maxage",
        "'ingest: 1h', ingest",
        "'lockwait: 1s', lockwait",
        "'limits: {pathbytes: }', limits.pathbytes",
        "'Workers: 1', Workers",
        "'store.path: /x', store.path"
    })
    void unknownKeysAreRefusedByName(String yaml, String key) {
        assertRefused(() -> load(yaml, NOTHING), "there is no setting " + key);
    }

    @Test
    void misspeltVariablesOfLimitsAreRefusedByName() {
        assertRefused(
                () -> Settings.load(null, Map.of("VARVE_LIMITS_PATHBYTES", "1")),
                "there is no setting for the variable VARVE_LIMITS_PATHBYTES");
    }

    @ParameterizedTest
    @CsvSource({"VARVE_REGISTRIES, registries", "VARVE_HTTP_AUTH_CERTIFICATES, http.auth.certificates"})
    void whatHasNamesForKeysIsNoVariable(String variable, String key) {
        assertRefused(
                () -> Settings.load(null, Map.of(variable, "a")),
                key + ": got a variable " + variable + ", wanted it in the file of settings");
        assertThat(Settings.load(null, Map.of(variable, ""))).isEqualTo(Settings.load(null, NOTHING));
    }

    @Test
    void variablesThatAreNotOfLimitsAreNobodysBusiness() {
        assertThat(Settings.load(null, Map.of("VARVE_REQUIRE_PEERS", "true", "LIMITS_DEPTH", "1")))
                .isEqualTo(Settings.load(null, NOTHING));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "many", "1.5", "1e3", "2147483648", "99999999999999999999", "true", "[1, 2]"})
    void badNumbersAreRefusedWithTheirKey(String number) {
        assertRefused(() -> load("limits: {depth: " + number + "}", NOTHING), "limits.depth: got ");
        if (!number.startsWith("[")) {
            assertRefused(
                    () -> Settings.load(null, Map.of("VARVE_LIMITS_DEPTH", number)),
                    "limits.depth: got " + number + ", wanted a number");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"60", "1.5s", "-1s", "1 s", "1w", "s", "1S", "9999999999s", "1h30m"})
    void badTimesAreRefusedWithTheirKey(String time) {
        assertRefused(
                () -> load("lockWait: " + time, NOTHING), "lockWait: got " + time + ", wanted a number with s, m");
        assertRefused(() -> Settings.load(null, Map.of("VARVE_INGEST_MAX_AGE", time)), "ingest.maxAge: got " + time);
    }

    @Test
    void timesAreACenturyAtMost() throws IOException {
        assertThat(load("lockWait: 36500d", NOTHING).lockWait()).isEqualTo(Duration.ofDays(36_500));
        for (String time : List.of("36501d", "999999999h")) {
            assertRefused(
                    () -> load("lockWait: " + time, NOTHING), "lockWait: got " + time + ", wanted at most 36500d");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "FULL", "true"})
    void badWordsAreRefusedWithTheirKey(String word) {
        assertRefused(
                () -> Settings.load(null, Map.of("VARVE_DURABILITY", word)),
                "durability: got " + word + ", wanted full or relaxed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"yes", "1", "True", "on"})
    void badFlagsAreRefusedWithTheirKey(String flag) {
        assertRefused(
                () -> Settings.load(null, Map.of("VARVE_KEEP_BLOBS", flag)),
                "keepBlobs: got " + flag + ", wanted true or false");
    }

    @Test
    void wordsAreTakenAsTheyStandAndOthersAreRefusedWithThoseThatThereAre() throws IOException {
        assertThat(load("views: {directIo: always, readAheadBytes: 0}", NOTHING).views())
                .isEqualTo(new ReadOptions(ReadOptions.DirectIo.ALWAYS, 0));
        assertRefused(
                () -> load("views: {directIo: Always}", NOTHING),
                "views.directIo: got Always, wanted auto or always or never");
        assertRefused(() -> load("views: {readAheadBytes: 67108865}", NOTHING), "views.readAheadBytes: got 67108865");
    }

    @Test
    void numbersThatNeedMoreThanAnIntAreTakenWhereTheyMeanBytes() throws IOException {
        assertThat(load("limits: {indexBytes: 9223372036854775807}", NOTHING)
                        .limits()
                        .erofs()
                        .indexBytes())
                .isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void valuesThatARoomCannotTakeAreRefused() {
        assertRefused(
                () -> load("limits: {zstdWindowLog: 32}", NOTHING), "limits.zstdWindowLog: got 32, wanted 10 to 31");
        assertRefused(() -> load("limits: {ratio: 0}", NOTHING), "limits.ratio: got 0");
        assertRefused(() -> load("http: {drain: 20s}", NOTHING), "http.drain: got 20s, wanted 19s or less");
    }

    @Test
    void listsAreRefused() {
        assertRefused(() -> load("- workers", NOTHING), "the file: got a list, wanted a value");
        assertRefused(() -> load("limits: [1]", NOTHING), "limits: got a list, wanted a value");
    }

    @Test
    void whatIsNoYamlIsRefusedNamingTheFile() {
        assertRefused(
                () -> load("limits: {", NOTHING),
                directory.resolve("varve.yaml").toString());
    }

    @Test
    void missingFileIsNotFound() {
        assertThatThrownBy(() -> Settings.load(directory.resolve("none"), NOTHING))
                .isInstanceOf(Failure.class)
                .hasMessage("NotFound: reading settings " + directory.resolve("none") + ": there is no such file");
    }

    @Nested
    class OfWhoMayAsk {
        private static final String TLS = "tls: {certificate: /c, key: /k, clientCa: /a}";
        private static final String TOKENS = "auth: {jwks: /j, issuer: i, audience: a, clockSkew: 30s}";

        @Test
        void areReadFromTheirFile() throws IOException {
            ApiSecurity security = load("""
                    http:
                      listen: 0.0.0.0:7077
                      tls: {certificate: /c, key: /k, clientCa: /a}
                      auth:
                        jwks: /j
                        issuer: i
                        audience: a
                        certificates:
                          CN=ci,O=Example: [pull, "read:registry.example/team"]
                    """, NOTHING).http().security();

            assertThat(security)
                    .isEqualTo(new ApiSecurity(
                            new TlsFiles(Path.of("/c"), Path.of("/k"), Path.of("/a")),
                            false,
                            new TokenFiles(Path.of("/j"), new TokenRules("i", "a", Duration.ofSeconds(60))),
                            new CertificateCallers(Map.of(
                                    "CN=ci,O=Example", Scopes.of(List.of("pull", "read:registry.example/team"))))));
        }

        @Test
        void othersThanThisMachineAreOnlyLetInWhenItIsKnownWhoTheyAre() throws IOException {
            assertRefused(() -> load("http: {listen: '0.0.0.0:1'}", NOTHING), "http.auth.jwks");
            assertRefused(
                    () -> load("http: {listen: '0.0.0.0:1', tls: {certificate: /c, key: /k}}", NOTHING),
                    "http.auth.jwks");
            assertRefused(
                    () -> load("http: {listen: '0.0.0.0:1', " + TOKENS + "}", NOTHING),
                    "http.tls.certificate",
                    "http.plain: true");
            assertRefused(() -> load("http: {listen: '0.0.0.0:1', plain: true}", NOTHING), "http.auth.jwks");
            assertThat(load("http: {listen: '[::]:1', plain: true, " + TOKENS + "}", NOTHING)
                            .http()
                            .host())
                    .isEqualTo("::");
            assertThat(load("http: {listen: '192.0.2.1:1', tls: {certificate: /c, key: /k}, " + TOKENS + "}", NOTHING)
                            .http()
                            .host())
                    .isEqualTo("192.0.2.1");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "tls: {certificate: /c}|http.tls: wanted both certificate and key",
                    "tls: {clientCa: /a}|http.tls: wanted both certificate and key",
                    TLS + "|http.tls.clientCa: wanted http.auth.certificates with it",
                    "buildDirectories: [/srv]|http.buildDirectories: wanted http.auth.jwks or http.auth.certificates with it",
                    "auth: {certificates: {CN=a: [read]}}|http.auth.certificates: wanted http.tls.clientCa with it",
                    TLS + ", auth: {certificates: {CN=a: read}}|http.auth.certificates.CN=a: wanted a list of texts",
                    TLS + ", auth: {certificates: {CN=a: [raed]}}|http.auth.certificates.CN=a: scope: got raed",
                    TLS + ", auth: {certificates: {a: [read]}}|http.auth.certificates: got a, wanted a subject",
                    TLS + ", auth: {certificates: [a]}|http.auth.certificates: wanted names",
                    "auth: {jwks: /j}|http.auth.jwks: wanted http.auth.issuer and http.auth.audience with it",
                    "auth: {issuer: i}|wanted http.auth.jwks with them",
                    "auth: {jwks: /j, issuer: i, audience: a, clockSkew: 1h}|http.auth.clockSkew: got 3600s",
                    "auth: {jwk: /j}|there is no setting http.auth.jwk",
                    "plain: perhaps|http.plain: got perhaps"
                })
        void whatDoesNotGoTogetherIsRefused(String http, String wrong) {
            assertRefused(() -> load("http: {" + http + "}", NOTHING), wrong);
        }

        @Test
        void upstreamsAreListsAndVariablesWithCommas() throws IOException {
            Upstreams upstreams = load(
                            "upstreams: {allow: [Docker.io, '*.example:5000'], privateAddresses: false}", NOTHING)
                    .upstreams();

            assertThat(upstreams)
                    .isEqualTo(new Upstreams(List.of("docker.io", "*.example:5000"), Upstreams.Addresses.PUBLIC));
            assertThat(load("", Map.of("VARVE_UPSTREAMS_ALLOW", "a.example, *"))
                            .upstreams()
                            .allowed())
                    .containsExactly("a.example", "*");
            assertThat(load("upstreams: {allow: ['auth_service:5001']}", NOTHING)
                            .upstreams()
                            .allowed())
                    .containsExactly("auth_service:5001");
            assertRefused(() -> load("upstreams: {allow: docker.io}", NOTHING), "upstreams.allow: wanted a list");
            assertRefused(() -> load("upstreams: {allow: ['https://a']}", NOTHING), "upstreams.allow: got https://a");
        }
    }

    @Nested
    class OfRegistries {
        private HostOptions only(String yaml) throws IOException {
            Map<String, HostOptions> registries =
                    load("registries:\n" + yaml, NOTHING).registries();
            assertThat(registries).hasSize(1);
            return registries.values().iterator().next();
        }

        @Test
        void hostsMayHaveDotsAndPorts() throws IOException {
            assertThat(load(
                                    "registries: {'Registry.Example:5000': {http2: true}, docker.io: , '[::1]': {}, 'my_cache:1': {}}",
                                    NOTHING)
                            .registries())
                    .containsOnlyKeys("registry.example:5000", "docker.io", "[::1]", "my_cache:1");
        }

        @Test
        void haveTheDefaultsInWhatTheyDoNotSay() throws IOException {
            assertThat(only("  a.example: {}")).isEqualTo(HostOptions.DEFAULTS);
            assertThat(only("  a.example: {mirrors: ['http://m.example', 'https://n.example/x']}")
                            .mirrors())
                    .containsExactly(URI.create("http://m.example"), URI.create("https://n.example/x"));
            assertThat(only("  a.example: {plainHttp: true}").plainHttp()).isTrue();
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "{a.example: {mirror: []}}|there is no setting registries.a.example.mirror",
                    "{a.example: {requests: 0}}|registries.a.example.requests: got 0, wanted a number from 1",
                    "{a.example: {requests: 2048}}|registries.a.example: requests: got 2048, wanted 1 to 2047",
                    "{a.example: {requests: many}}|registries.a.example.requests: got many",
                    "{a.example: {http2: 1}}|registries.a.example.http2: got 1, wanted true or false",
                    "{a.example: {mirrors: m.example}}|registries.a.example.mirrors: got m.example, wanted a list of URLs",
                    "{a.example: {mirrors: [m.example]}}|registries.a.example: URL: got the scheme of nothing",
                    "{a.example: {mirrors: ['ftp://m.example']}}|got the scheme ftp, wanted https or http",
                    "{a.example: {clientKey: /k}}|registries.a.example: clientKey: wanted clientCertificate with it",
                    "{a.example: {ca: [x]}}|registries.a.example.ca: got a list, wanted a file",
                    "{a.example: true}|registries.a.example: got true",
                    "{'https://a.example': {}}|registries.https://a.example: got https://a.example, wanted HOST or HOST:PORT",
                    "{a.example/b: {}}|wanted HOST or HOST:PORT",
                    "[a.example]|registries: got a list",
                    "a.example|registries: got a.example"
                })
        void areRefusedNamingWhatIsWrong(String registries, String wrong) {
            assertRefused(() -> load("registries: " + registries, NOTHING), wrong);
        }

        @Test
        void wantSomePatience() {
            assertRefused(() -> load("network: {patience: 0s}", NOTHING), "network.patience: got 0s");
            assertRefused(() -> load("network: {attempts: 0}", NOTHING), "network.attempts: got 0");
            assertRefused(() -> load("network: {blobConnections: 0}", NOTHING), "network.blobConnections: got 0");
            assertRefused(() -> load("network: {segmentBytes: 1}", NOTHING), "network.segmentBytes: got 1");
            assertRefused(() -> load("http: {idleTime: 0s}", NOTHING), "http.idleTime: got 0s");
        }
    }

    /** What is shipped says what holds without it, of every setting there is. */
    @Nested
    class ShippedFile {
        final Path file = Path.of("conf", "varve.yaml");

        @Test
        void givesTheDefaults() {
            assertThat(Settings.load(file, NOTHING)).isEqualTo(Settings.load(null, NOTHING));
        }

        @Test
        void namesEverySettingAndNoOther() throws IOException {
            Set<String> named = new TreeSet<>();
            collect("", new YAMLMapper().readTree(uncommented()), named);

            Set<String> known = new TreeSet<>(Set.of(
                    "store",
                    "durability",
                    "workers",
                    "layersAtOnce",
                    "lockWait",
                    "ingest.maxAge",
                    "views.directIo",
                    "views.readAheadBytes",
                    "leaseTime",
                    "keepBlobs",
                    "allowForeignLayers",
                    "metadataCacheBytes",
                    "http.listen",
                    "http.publicName",
                    "http.drain",
                    "http.plain",
                    "http.tls.certificate",
                    "http.tls.key",
                    "http.tls.clientCa",
                    "http.auth.jwks",
                    "http.auth.issuer",
                    "http.auth.audience",
                    "http.auth.clockSkew",
                    "upstreams.allow",
                    "upstreams.privateAddresses",
                    "http.headTime",
                    "http.bodyTime",
                    "http.buildDirectories",
                    "http.idleTime",
                    "http.leastRate",
                    "jobs.keep",
                    "log.json"));
            for (RecordComponent each : NetworkOptions.class.getRecordComponents()) {
                known.add("network." + each.getName());
            }
            for (RecordComponent room : Limits.class.getRecordComponents()) {
                for (RecordComponent limit : room.getType().getRecordComponents()) {
                    known.add("limits." + limit.getName());
                }
            }
            assertThat(named).isEqualTo(known);
        }

        /** What may stand below a registry is a comment, as there is none by default. */
        @Test
        void namesEverySettingOfOneRegistry() throws IOException {
            String registry = Files.readString(file)
                    .replace("registries: {}", "registries:")
                    .replaceAll("(?m)^#  (.*)$", "  $1");

            assertThat(load(registry, NOTHING).registries())
                    .containsExactly(Map.entry(
                            "registry.example:5000",
                            new HostOptions(
                                    List.of(URI.create("https://mirror.example/cache")),
                                    false,
                                    HostOptions.DEFAULTS.insecure(),
                                    Path.of("/etc/varve/registry.example.crt"),
                                    Path.of("/etc/varve/client.crt"),
                                    Path.of("/etc/varve/client.key"),
                                    HostOptions.DEFAULTS.connections(),
                                    HostOptions.DEFAULTS.requests(),
                                    HostOptions.DEFAULTS.http2())));
            for (RecordComponent each : HostOptions.class.getRecordComponents()) {
                assertThat(registry).containsOnlyOnce("    " + each.getName() + ": ");
            }
        }

        @Test
        void namesTheStoreOfRoot() throws IOException {
            assertThat(load(uncommented(), NOTHING).store()).isEqualTo(Path.of("/var/lib/varve"));
        }

        /** The store's default depends on who asks, so its line is a comment. */
        private String uncommented() throws IOException {
            return Files.readString(file).replaceFirst("(?m)^#store:", "store:");
        }

        private void collect(String prefix, JsonNode node, Set<String> into) {
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                if (field.getValue().isObject()) {
                    collect(prefix + field.getKey() + ".", field.getValue(), into);
                } else {
                    into.add(prefix + field.getKey());
                }
            }
        }
    }
}
