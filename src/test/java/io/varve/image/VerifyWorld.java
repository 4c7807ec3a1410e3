package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.catalogue.Node;
import io.varve.verify.Finding;
import io.varve.verify.Finding.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store that something happens to, and what is asked of a verification of it and of a repair. */
abstract class VerifyWorld {
    @TempDir
    Path temporary;

    VerifiedStore store;

    @BeforeEach
    void pullImages() throws IOException {
        store = new VerifiedStore(temporary);
    }

    @AfterEach
    void close() {
        store.close();
    }

    static List<String> subjects(List<Finding> findings) {
        return findings.stream()
                .map(finding -> finding.kind() + " " + finding.what())
                .toList();
    }

    static String subject(Kind kind, Node node) {
        return kind + " " + node.kind().name().toLowerCase(Locale.ROOT) + " " + node.digest();
    }

    void assertFinds(String... subjects) {
        assertThat(subjects(store.verify())).containsExactlyInAnyOrder(subjects);
    }

    /** Repairs all that was found; a second look finds nothing. */
    List<Finding> assertRepairs() throws IOException {
        Set<Object> before = store.inodes();
        List<Finding> repaired = store.repair();
        assertThat(store.inodes()).containsAll(before);
        assertThat(repaired)
                .isNotEmpty()
                .allSatisfy(finding ->
                        assertThat(finding.isWrong()).as("%s", finding).isFalse());
        assertThat(store.verify()).isEmpty();
        return repaired;
    }

    /** Repairs what can be; what cannot is told with the name to pull, and a pull brings it. */
    void assertPullRepairs(String name) throws IOException {
        Set<Object> before = store.inodes();
        List<Finding> repaired = store.repair();
        assertThat(store.inodes()).containsAll(before);
        assertThat(repaired).anySatisfy(finding -> {
            assertThat(finding.isWrong()).isTrue();
            assertThat(finding.outcome()).contains("pull ").contains(name).endsWith(" again");
        });
        assertThat(store.verify())
                .isNotEmpty()
                .allSatisfy(finding -> assertThat(finding.kind()).isEqualTo(Kind.MISSING));

        store.pull();

        assertThat(store.verify()).isEmpty();
        assertThat(store.inodes()).containsAll(before);
    }
}
