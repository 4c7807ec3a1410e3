package io.varve;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who may import whom, and what nobody may use. */
class ArchitectureTest {
    private static final String ROOT = "io.varve";

    // Kept by this class for as long as its tests run: they are most of the heap, which is collected after each class
    // of tests.
    private static @Nullable JavaClasses imported;

    /** Every room with the rooms that it imports, neither more nor fewer; {@code oci} and {@code failure} are everybody's. */
    private static final Map<String, Set<String>> IMPORTS = Map.ofEntries(
            Map.entry(
                    "api",
                    Set.of(
                            "archive",
                            "auth",
                            "build",
                            "bundle",
                            "bus",
                            "catalogue",
                            "client",
                            "distribution",
                            "gc",
                            "http",
                            "image",
                            "job",
                            "layerfs",
                            "layout",
                            "manifest",
                            "pipeline",
                            "push",
                            "registry",
                            "report",
                            "store",
                            "view")),
            Map.entry(
                    "archive",
                    Set.of(
                            "build",
                            "bus",
                            "catalogue",
                            "decode",
                            "layerfs",
                            "layout",
                            "manifest",
                            "os",
                            "pipeline",
                            "registry",
                            "store",
                            "tar")),
            Map.entry("auth", Set.of()),
            Map.entry(
                    "build",
                    Set.of(
                            "bus",
                            "catalogue",
                            "content",
                            "decode",
                            "encode",
                            "layerfs",
                            "manifest",
                            "os",
                            "pipeline",
                            "push",
                            "registry",
                            "store",
                            "tar")),
            Map.entry("bundle", Set.of("image", "layerfs", "manifest", "os", "pipeline", "view")),
            Map.entry("bus", Set.of()),
            Map.entry("catalogue", Set.of("os")),
            Map.entry(
                    "cli",
                    Set.of(
                            "api",
                            "archive",
                            "build",
                            "bundle",
                            "catalogue",
                            "client",
                            "decode",
                            "gc",
                            "image",
                            "layerfs",
                            "layout",
                            "manifest",
                            "pipeline",
                            "push",
                            "registry",
                            "report",
                            "store",
                            "tar",
                            "verify",
                            "view")),
            Map.entry("client", Set.of("bus", "manifest", "os", "pipeline")),
            Map.entry("content", Set.of("bus", "hash", "os")),
            Map.entry("decode", Set.of("bus")),
            Map.entry("distribution", Set.of("auth", "bus", "catalogue", "content", "http", "store")),
            Map.entry("encode", Set.of("bus")),
            Map.entry("erofs", Set.of("content", "layerfs", "os")),
            Map.entry("failure", Set.of()),
            Map.entry("gc", Set.of("catalogue", "os", "store", "view")),
            Map.entry("hash", Set.of()),
            Map.entry("http", Set.of("bus")),
            Map.entry("image", Set.of("catalogue", "layerfs", "manifest", "os", "pipeline", "store", "view")),
            Map.entry("job", Set.of("catalogue", "manifest", "pipeline", "store")),
            Map.entry("layerfs", Set.of("bus", "content", "hash", "os", "tar")),
            Map.entry("layout", Set.of("tar")),
            Map.entry("manifest", Set.of("layerfs")),
            Map.entry(
                    "metrics",
                    Set.of("bus", "catalogue", "decode", "hash", "job", "manifest", "pipeline", "registry", "store")),
            Map.entry("oci", Set.of()),
            Map.entry("os", Set.of()),
            Map.entry(
                    "pipeline",
                    Set.of(
                            "bus",
                            "catalogue",
                            "content",
                            "decode",
                            "encode",
                            "erofs",
                            "hash",
                            "layerfs",
                            "layout",
                            "manifest",
                            "registry",
                            "store")),
            Map.entry("push", Set.of("bus", "catalogue", "manifest", "pipeline", "registry", "store")),
            Map.entry("registry", Set.of("bus", "os")),
            Map.entry("report", Set.of("catalogue", "image", "layerfs", "manifest", "pipeline", "store")),
            Map.entry("store", Set.of("catalogue", "content", "erofs", "layerfs", "layout", "manifest", "os", "tar")),
            Map.entry("tar", Set.of()),
            Map.entry(
                    "verify",
                    Set.of(
                            "bus",
                            "catalogue",
                            "content",
                            "erofs",
                            "layerfs",
                            "layout",
                            "manifest",
                            "pipeline",
                            "store")),
            Map.entry("view", Set.of("layerfs", "os")));

    private static final Set<String> EVERYBODYS = Set.of("oci", "failure");

    @BeforeAll
    static void read() {
        imported = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(ROOT);
    }

    @AfterAll
    static void forget() {
        imported = null;
    }

    private static JavaClasses varve() {
        return Objects.requireNonNull(imported);
    }

    @Test
    void roomsImportWhatTheListSays() {
        Map<String, Set<String>> found = new TreeMap<>();
        for (JavaClass each : varve()) {
            String from = room(each);
            if (!from.isEmpty()) {
                Set<String> imports = found.computeIfAbsent(from, room -> new TreeSet<>());
                for (Dependency dependency : each.getDirectDependenciesFromSelf()) {
                    String to = room(dependency.getTargetClass());
                    if (!to.isEmpty() && !to.equals(from) && !EVERYBODYS.contains(to)) {
                        imports.add(to);
                    }
                }
            }
        }
        assertThat(found).isEqualTo(IMPORTS);
    }

    @Test
    void roomsHaveNoRooms() {
        assertThat(varve().getPackage(ROOT).getSubpackages())
                .allSatisfy(room -> assertThat(room.getSubpackages()).isEmpty());
    }

    @Test
    void nobodyImportsTheCompositionRoot() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT)
                .check(varve());
    }

    @Test
    void roomsAreFreeOfCycles() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(varve());
    }

    @Test
    void failureImportsNobodyAndTheWordsImportFailureOnly() {
        noClasses()
                .that()
                .resideInAPackage("io.varve.failure")
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.varve..").and(outside("io.varve.failure")))
                .check(varve());
        noClasses()
                .that()
                .resideInAPackage("io.varve.oci")
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.varve..").and(outside("io.varve.oci", "io.varve.failure")))
                .check(varve());
    }

    @Test
    void linuxCallsKnowNothingOfVarve() {
        noClasses()
                .that()
                .resideInAPackage("io.varve.os")
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.varve..").and(outside("io.varve.os")))
                .check(varve());
    }

    @Test
    void wordsFailuresAndWhoAsksDoNoInputOrOutput() {
        noClasses()
                .that()
                .resideInAnyPackage("io.varve.oci", "io.varve.failure", "io.varve.auth")
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                                "io.vertx..", "io.netty..", "java.io..", "java.nio.file..", "java.nio.channels..")
                        // What Jackson throws, whatever it reads from; and what a failure is made of.
                        .and(DescribedPredicate.not(type(IOException.class)
                                .or(type(UncheckedIOException.class))
                                .or(type(ClosedByInterruptException.class)))))
                .check(varve());
    }

    @Test
    void onlyTheCommandSpeaksToTheTerminalAndEndsTheProcess() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.varve.cli")
                .and()
                .doNotBelongToAnyOf(Main.class)
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .accessField(System.class, "in")
                .orShould()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "halt", int.class)
                .orShould()
                .callMethod(Throwable.class, "printStackTrace")
                .check(varve());
    }

    @Test
    void slf4jIsTheOnlyLogging() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.util.logging..", "ch.qos.logback..", "org.apache..")
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(System.Logger.class)
                .check(varve());
    }

    @Test
    void classesAreNamedForTheirIdea() {
        classes()
                .should()
                .haveNameNotMatching(".*(Util|Helper|Manager|Impl)s?(?![a-z]).*|.*Utilit(y|ies).*")
                .check(varve());
    }

    @Test
    void everyPackageIsNullMarked() {
        Set<JavaPackage> packages = new HashSet<>();
        for (JavaClass each : varve()) {
            packages.add(each.getPackage());
        }
        assertThat(packages)
                .hasSize(IMPORTS.size() + 1)
                .allSatisfy(each -> assertThat(each.isAnnotatedWith(NullMarked.class))
                        .as("%s is @NullMarked", each.getName())
                        .isTrue());
    }

    private static DescribedPredicate<JavaClass> outside(String... packages) {
        return DescribedPredicate.not(resideInAnyPackage(packages));
    }

    /** The room that a class is in; empty for the root and for classes of others. */
    private static String room(JavaClass each) {
        JavaClass base = each.getBaseComponentType();
        return base.getPackageName().startsWith(ROOT + ".")
                ? base.getPackageName().substring(ROOT.length() + 1)
                : "";
    }
}
