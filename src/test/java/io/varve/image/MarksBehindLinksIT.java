package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A mark lies where an entry of its name would, however many symlinks of its own layer are on the way. */
class MarksBehindLinksIT {
    @TempDir
    Path directory;

    private Stack stack;

    @BeforeEach
    void emptyStore() {
        stack = new Stack(directory);
    }

    private static Tarball layer() {
        return new Tarball();
    }

    @Test
    void chainOfOwnLinksIsFollowed() {
        Tarball top = layer().symlink("l", "m").symlink("m", "t").whiteout("l/f");
        assertThat(stack.of(layer().dir("t").file("t/f", ""), top).shows()).containsExactly("l", "m", "t/");
    }

    @Test
    void chainOfOwnAbsoluteLinksIsFollowed() {
        Tarball top = layer().opaque("l").symlink("l", "/m").symlink("m", "/./t/");
        assertThat(stack.of(layer().dir("t").file("t/f", ""), top).shows()).containsExactly("l", "m", "t/");
    }

    @Test
    void directoryOfItsOwnAtTheEndOfAnOwnLinkHidesNothingBehindTheLowerLinkThatItReplaces() {
        Tarball low = layer().symlink("t", "u").file("u/f", "");
        Tarball top = layer().dir("t").symlink("l", "t").whiteout("l/f");
        assertThat(stack.of(low, top).shows()).containsExactly("l", "t/", "u/", "u/f");
    }

    @Test
    void loopOfOwnLinksIsRefused() {
        stack.refuses(
                "Invalid",
                "which may be a loop",
                layer().symlink("l", "m").symlink("m", "l").whiteout("l/f"));
    }
}
