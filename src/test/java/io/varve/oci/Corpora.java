package io.varve.oci;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;

/** Facts collected from other projects, which tests read in place where a machine has them. */
final class Corpora {

    /** Tests made of a corpus. */
    interface Source {
        Stream<DynamicTest> tests(Path corpus) throws IOException;
    }

    private Corpora() {}

    /** The tests of a corpus, or one that is skipped and says what is missing. */
    static Stream<DynamicTest> tests(String name, Source source) throws IOException {
        Path corpus = Path.of(System.getProperty("varve.corpora", "../shared/corpora"), name);
        return Files.exists(corpus)
                ? source.tests(corpus)
                : Stream.of(DynamicTest.dynamicTest(
                        name,
                        () -> Assumptions.abort(
                                "needs the corpus " + corpus.toAbsolutePath().normalize())));
    }
}
