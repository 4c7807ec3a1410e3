package io.varve.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Root, and a store that is another user's: what that one may exchange, root does not work in. */
final class ViewBaseIT extends ViewsWorld {
    private static final String OWNER = "12345:23456";

    private Path theirs;
    private Path outside;
    private Path at;

    @BeforeEach
    void storeOfSomebodyElse() throws Exception {
        theirs = temporary.resolve("store");
        outside = temporary.resolve("outside");
        at = temporary.resolve("at");
        run("chown", OWNER, theirs.toString());
    }

    private Views ofRoot() {
        return new Views(() -> ViewBase.of(theirs, outside), Backing.ANY, ReadOptions.DEFAULTS);
    }

    /** What he has whose store it is, as root may be seen doing it. */
    private Views ofTheOwner() {
        ViewBase root = ViewBase.of(theirs, outside);
        return new Views(
                () -> new ViewBase(theirs.resolve("views"), root.own(), ViewBase.NOBODY),
                Backing.ANY,
                ReadOptions.DEFAULTS);
    }

    @Test
    void rootLeavesTheStoreAsItIsAndItsGroupSeesWhatIsMounted() throws Exception {
        View view = ofRoot().mount(image, at, new ViewOptions(true, false, false, "one"));

        assertThat(theirs).isEmptyDirectory();
        Path kept = ViewBase.of(theirs, outside).own();
        for (Path each : List.of(kept, kept.resolve(view.id()))) {
            assertThat(Files.getAttribute(each, "unix:gid")).isEqualTo(23456);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
                    .isEqualTo("rwxr-x---");
        }
        assertThat(Files.getPosixFilePermissions(kept.resolve(view.id()).resolve("view.properties")))
                .containsAll(PosixFilePermissions.fromString("r--r--r--"));
        Files.writeString(at.resolve("new"), "x");
        ofRoot().unmount(at);
        assertThat(at).doesNotExist();
        assertThat(mountsBelow(temporary)).isEmpty();
    }

    @Test
    void eitherKnowsWhatTheOtherHasMountedAndLeavesItAlone() {
        View view = ofRoot().mount(image, at, ViewOptions.READ_ONLY);
        View another = ofTheOwner().mount(image, temporary.resolve("another"), ViewOptions.READ_ONLY);

        for (Views views : List.of(ofRoot(), ofTheOwner())) {
            assertThat(views.known()).containsExactlyInAnyOrder(view, another);
            assertThat(views.mounted()).containsExactlyInAnyOrder(view, another);
            assertThat(views.<List<View>>holding(there -> there)).containsExactlyInAnyOrder(view, another);
        }
        ofRoot().unmount(at);
        assertThat(ofTheOwner().mounted()).containsExactly(another);
    }

    @Test
    void whatStandsInThePlaceOfTheViewsOfAnotherIsNotWorkedIn() throws Exception {
        Path precious = Files.createDirectories(temporary.resolve("precious/directory"));
        Files.writeString(precious.resolve("file"), "x");
        Files.createSymbolicLink(theirs.resolve("views"), precious.getParent());
        Path fifo = Files.createDirectories(precious.resolveSibling("view")).resolve("view.properties");
        run("mkfifo", fifo.toString());

        Views views = ofRoot();
        views.mount(image, at, ViewOptions.READ_ONLY);
        views.unmount(at);

        assertThat(precious.resolve("file")).hasContent("x");
        assertThat(fifo).exists();
        assertThat(precious.getParent()).isDirectoryNotContaining("glob:**/{lock,shared}");
    }
}
