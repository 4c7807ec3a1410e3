package io.varve.os;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class PublicationTest {
    private final Publication publication =
            new Publication(Publication.Kind.MOVE, Path.of("/a"), List.of(), Path.of("/b"));

    @Test
    void whatCameToItsEndIsDone() throws IOException {
        publication.finish(true);

        publication.result();
    }

    @Test
    void whatWasRefusedSaysWhy() {
        publication.fail(new IOException("full"));
        publication.finish(true);

        assertThatThrownBy(publication::result).hasMessage("full");
    }

    @Test
    void whatAnErrorHasCutShortIsDoneForNobody() {
        publication.finish(false);

        assertThatThrownBy(publication::result)
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("/b: ")
                .hasMessageContaining("cut short");
    }
}
