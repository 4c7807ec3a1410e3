package io.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.varve.decode.DecodeLimits;
import io.varve.erofs.ErofsLimits;
import io.varve.failure.Failure;
import io.varve.layerfs.LayerLimits;
import io.varve.manifest.PlanLimits;
import io.varve.tar.TarLimits;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
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
        assertThat(settings.limits())
                .isEqualTo(new Limits(
                        PlanLimits.DEFAULTS,
                        DecodeLimits.DEFAULTS,
                        TarLimits.DEFAULTS,
                        LayerLimits.DEFAULTS,
                        ErofsLimits.DEFAULTS));
    }

    @Test
    void fileOverridesDefaultsAndVariablesOverrideTheFile() throws IOException {
        String yaml = """
                store: /from/file
                workers: 3
                limits:
                  pathBytes: 77
                  treeBytes: 1_000_000
                """;
        assertThat(load(yaml, NOTHING)).satisfies(settings -> {
            assertThat(settings.store()).isEqualTo(Path.of("/from/file"));
            assertThat(settings.workers()).isEqualTo(3);
            assertThat(settings.limits().tar().pathBytes()).isEqualTo(77);
            assertThat(settings.limits().tar().linkBytes()).isEqualTo(TarLimits.DEFAULTS.linkBytes());
        });
        Map<String, String> environment = Map.of(
                "VARVE_STORE",
                "/from/variable",
                "VARVE_WORKERS",
                "5",
                "VARVE_LIMITS_PATH_BYTES",
                "78",
                "HOME",
                "/root");
        assertThat(load(yaml, environment)).satisfies(settings -> {
            assertThat(settings.store()).isEqualTo(Path.of("/from/variable"));
            assertThat(settings.workers()).isEqualTo(5);
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

            Set<String> known = new TreeSet<>(Set.of("store", "workers"));
            for (RecordComponent room : Limits.class.getRecordComponents()) {
                for (RecordComponent limit : room.getType().getRecordComponents()) {
                    known.add("limits." + limit.getName());
                }
            }
            assertThat(named).isEqualTo(known);
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
                    collect(field.getKey() + ".", field.getValue(), into);
                } else {
                    into.add(prefix + field.getKey());
                }
            }
        }
    }
}
