package io.varve.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class FailureTest {

    @Test
    void messageReadsFromTheWholeToThePart() {
        Failure failure = Failure.mismatch("size", 3, 4).during("entry").during("layer");

        assertThat(failure).hasMessage("Mismatch: layer: entry: size: got 3, wanted 4");
        assertThat(failure.category()).isEqualTo(Category.MISMATCH);
        assertThat(failure.doing()).isEqualTo("layer: entry");
        assertThat(failure.wrong()).isEqualTo("size: got 3, wanted 4");
        assertThat(Failure.notFound("nothing")).hasMessage("NotFound: nothing");
    }

    @Test
    void placeThatTwoCallersNameReadsOnce() {
        Failure failure = Failure.mismatch("size", 3, 4).during("blob").during("blob");

        assertThat(failure).hasMessage("Mismatch: blob: size: got 3, wanted 4");
        assertThat(failure.during("image").during("image")).hasMessage("Mismatch: image: blob: size: got 3, wanted 4");
        assertThat(failure.during("blo").doing()).isEqualTo("blo: blob");
    }

    @Test
    void limitThatWasPassedNamesItsSetting() {
        assertThat(Failure.exceeded("layers", 3, 2, "limits.layers"))
                .hasMessage("Exceeded: layers: got 3, at most 2 (limits.layers)");
    }

    @Test
    void messageIsOneLineThatNothingInItCanForge() {
        assertThat(Failure.invalid("\"a\nb\u001b[31m\u202e\u0085\"").getMessage())
                .isEqualTo("Invalid: \"a\\u000ab\\u001b[31m\\u202e\\u0085\"");
    }

    @Test
    void whatWasAlsoWrongStaysWithIt() {
        IOException cause = new IOException("cause");
        Failure failure = Failure.of(Category.UNAVAILABLE, "wrong", cause);
        failure.addSuppressed(new IOException("also"));

        assertThat(failure.during("doing")).hasCause(cause).hasSuppressedException(new IOException("also"));
        assertThat(failure.during("doing").getStackTrace()).isEqualTo(failure.getStackTrace());
    }

    @Test
    void anythingElseThatIsThrownIsInternal() {
        Failure failure = Failure.invalid("wrong");
        assertThat(Failure.from(failure)).isSameAs(failure);
        assertThat(Failure.from(new IllegalStateException("bug"))).hasMessage("Internal: bug");
        assertThat(Failure.from(new IllegalStateException())).hasMessage("Internal: IllegalStateException");
    }

    @Test
    void refusalsOfTheMachineSayOfWhichKindTheyAre() {
        assertThat(Failure.from(new NoSuchFileException("/a"))).hasMessage("Unavailable: NoSuchFile /a");
        assertThat(Failure.from(new IOException("connection reset"))).hasMessage("Unavailable: connection reset");
        assertThat(Failure.from(new FileNotFoundException())).hasMessage("Unavailable: FileNotFound");
    }

    @Test
    void refusalOfAnInterruptedThreadIsItsCancellation() {
        Thread.currentThread().interrupt();
        try {
            assertThat(Failure.from(new ClosedByInterruptException())).hasMessage("Cancelled: interrupted");
        } finally {
            assertThat(Thread.interrupted()).as("the thread stays interrupted").isTrue();
        }
    }
}
