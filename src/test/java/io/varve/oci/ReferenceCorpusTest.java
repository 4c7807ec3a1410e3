package io.varve.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What github.com/distribution/reference makes of its own test inputs, in four modes. */
class ReferenceCorpusTest {

    private record Row(
            String mode,
            String input,
            boolean valid,
            String domain,
            String path,
            String tag,
            String digest,
            String canonical,
            String familiar) {

        static Row of(String line) {
            String[] columns = line.split("\t", -1);
            return new Row(
                    columns[1],
                    columns[2].equals("<EMPTY>") ? "" : columns[2],
                    columns[3].equals("true"),
                    columns[4],
                    columns[5],
                    columns[6],
                    columns[7],
                    columns[8],
                    columns[9]);
        }

        ImageName parsed() {
            return switch (mode) {
                case "parse" -> Reference.parse(input);
                case "normalized" -> Reference.normalized(input);
                case "dockerref" -> Reference.normalized(input).forPull();
                case "any" -> ImageName.parse(input);
                default -> throw new IllegalArgumentException(mode);
            };
        }
    }

    @TestFactory
    Stream<DynamicTest> agreesWithDistribution() throws IOException {
        return Corpora.tests(
                "reference_cases.tsv",
                corpus -> Files.readAllLines(corpus).stream()
                        .skip(1)
                        .map(Row::of)
                        .map(row -> DynamicTest.dynamicTest(row.mode() + " " + row.input(), () -> check(row))));
    }

    private static void check(Row row) {
        if (!row.valid()) {
            assertThatThrownBy(row::parsed)
                    .isInstanceOfSatisfying(
                            Failure.class, f -> assertThat(f.category()).isEqualTo(Category.INVALID));
            return;
        }
        ImageName name = row.parsed();
        assertThat(name).hasToString(row.canonical());
        switch (name) {
            case Digest digest -> assertThat(digest).hasToString(row.digest());
            case Reference reference -> {
                assertThat(orEmpty(reference.domain())).isEqualTo(row.domain());
                assertThat(reference.path()).isEqualTo(row.path());
                assertThat(orEmpty(reference.tag())).isEqualTo(row.tag());
                assertThat(orEmpty(reference.digest())).isEqualTo(row.digest());
                assertThat(reference.familiar()).isEqualTo(row.familiar());
            }
        }
    }

    private static String orEmpty(@Nullable Object part) {
        return Objects.toString(part, "");
    }
}
