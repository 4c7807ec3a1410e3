package io.varve.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.Fd;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import io.varve.os.Mounts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a view shows, and what comes of it. */
final class ViewsIT extends ViewsWorld {
    @ParameterizedTest
    @EnumSource(Backing.class)
    void showsTheImageReadOnlyAndTakesItAwayWithEverything(Backing backing) throws Exception {
        Views views = new Views(store, backing, ReadOptions.DEFAULTS);
        Path at = temporary.resolve("at");

        View view = views.mount(image, at, ViewOptions.READ_ONLY);

        assertThat(view.directory()).isEqualTo(at.toRealPath());
        assertThat(at.resolve("file")).hasContent("hello");
        assertThatThrownBy(() -> Files.writeString(at.resolve("new"), "x")).hasMessageContaining("Read-only");
        assertThat(views.mounted()).containsExactly(view);
        views.unmount(at);
        assertThat(at).doesNotExist();
        assertThat(views.mounted()).isEmpty();
        assertThat(mountsBelow(temporary)).isEmpty();
        assertThat(store.resolve("shared")).isEmptyDirectory();
    }

    @Test
    void passesEveryDeviceOfTheIndexInOrder() throws Exception {
        Path blob = temporary.resolve("blob");
        Path source = Files.createDirectories(temporary.resolve("chunked"));
        byte[] content = "0123456789abcdef".repeat(4096).getBytes(StandardCharsets.US_ASCII);
        Files.write(source.resolve("large"), content);
        Path index = temporary.resolve("chunked.erofs");
        run("mkfs.erofs", "--chunksize=4096", "--blobdev=" + blob, index.toString(), source.toString());
        Index chunked = new Index(Digest.sha256(new byte[] {2}), index, List.of(blob));
        for (Backing backing : List.of(Backing.FILE, Backing.LOOP)) {
            Views views = new Views(store, backing, ReadOptions.DEFAULTS);
            Path at = temporary.resolve("at");
            views.mount(chunked, at, ViewOptions.READ_ONLY);
            assertThat(at.resolve("large")).hasBinaryContent(content);
            views.unmount(at);
        }
    }

    @Test
    @Timeout(60)
    void waitsAMomentForWhoeverUsesItAndNoLonger() throws Exception {
        Views views = new Views(store);
        Path at = temporary.resolve("at");
        views.mount(image, at, ViewOptions.READ_ONLY);
        Thread unmounting;
        try (InputStream open = Files.newInputStream(at.resolve("file"))) {
            assertThat(open.read()).isEqualTo('h');
            assertThatThrownBy(() -> views.unmount(at))
                    .isInstanceOfSatisfying(
                            Failure.class,
                            failure -> assertThat(failure.category()).isEqualTo(Category.CONFLICT))
                    .hasMessageContaining("in use");
            unmounting = Thread.ofPlatform().start(() -> views.unmount(at));
            while (unmounting.isAlive() && unmounting.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
        }
        unmounting.join();
        assertThat(mountsBelow(temporary)).isEmpty();
        assertThat(store.resolve("shared")).isEmptyDirectory();
    }

    @Test
    void sharesOneMountOfAnImageAmongItsViewsUntilTheLastIsGone() throws Exception {
        Views views = new Views(store);
        Path first = temporary.resolve("first");
        Path second = temporary.resolve("second");
        views.mount(image, first, ViewOptions.READ_ONLY);
        views.mount(image, second, new ViewOptions(false, true, true));

        assertThat(Files.getAttribute(first, "unix:dev")).isEqualTo(Files.getAttribute(second, "unix:dev"));
        assertThat(options(first)).contains("ro", "nosuid", "nodev");
        assertThat(options(second)).contains("ro").doesNotContain("nosuid", "nodev");

        views.unmount(first);
        assertThat(second.resolve("file")).hasContent("hello");
        assertThat(mountsBelow(store)).hasSize(1);
        views.unmount(second);
        assertThat(mountsBelow(store)).isEmpty();
    }

    @Test
    void keepsWhatIsMountedInAViewToItselfWhereMountsAreShared() throws Exception {
        run("mount", "--bind", temporary.toString(), temporary.toString());
        run("mount", "--make-shared", temporary.toString());
        Views views = new Views(store);
        List<Path> places = List.of(temporary.resolve("first"), temporary.resolve("second"));
        for (Path at : places) {
            views.mount(image, at, ViewOptions.READ_ONLY);
        }
        Path shared = mountsBelow(store).getFirst();

        run(
                "mount",
                "-t",
                "tmpfs",
                "tmpfs",
                places.getFirst().resolve("directory").toString());

        assertThat(places.getFirst().resolve("directory")).isEmptyDirectory();
        assertThat(places.getLast().resolve("directory/inner")).exists();
        assertThat(mountsBelow(shared)).containsExactly(shared);
        assertThat(propagation(temporary)).as("where all of this is").startsWith("shared:");
        assertThat(propagation(shared)).isEmpty();
        assertThat(propagation(places.getFirst())).isNotEqualTo(propagation(places.getLast()));

        Mounts.unmount(places.getFirst().resolve("directory"));
        for (Path at : places) {
            views.unmount(at);
        }
        assertThat(mountsBelow(store)).isEmpty();
    }

    /** Of an overlay the root is its upper directory's, which is made in a directory that may have ACLs for all in it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void writableViewHasTheXattrsOfTheImagesRootAndNoneOfTheStore(boolean withAcls) throws Exception {
        Path source = Files.createDirectories(temporary.resolve("rooted"));
        run("setfattr", "-n", "user.x", "-v", "0x0001", source.toString());
        run("setfattr", "-n", "trusted.y", "-v", "y", source.toString());
        run("chmod", "2750", source.toString());
        if (withAcls) {
            run("setfacl", "-m", "u:7:rwx,g:8:r,m:rx,d:u:9:rwx", source.toString());
        }
        Path index = temporary.resolve("rooted.erofs");
        run("mkfs.erofs", index.toString(), source.toString());
        Index rooted = new Index(Digest.sha256(new byte[] {3}), index, List.of());
        Files.createDirectories(store);
        run(
                "setfacl",
                "-R",
                "-m",
                "d:u:10:rwx,d:g:11:rwx",
                temporary.resolve("store").toString());
        Views views = new Views(store);
        Path read = temporary.resolve("read");
        Path written = temporary.resolve("written");

        views.mount(rooted, read, ViewOptions.READ_ONLY);
        views.mount(rooted, written, ViewOptions.WRITABLE);

        assertThat(attributes(read))
                .contains("user.x=0001", "trusted.y=79")
                .hasSize(withAcls ? 4 : 2)
                .containsExactlyInAnyOrderElementsOf(attributes(written));
        assertThat(Files.getAttribute(written, "unix:mode")).isEqualTo(Files.getAttribute(read, "unix:mode"));
        assertThat(Files.getLastModifiedTime(written)).isEqualTo(Files.getLastModifiedTime(read));
        views.unmount(written);
        views.unmount(read);
    }

    private static List<String> attributes(Path directory) throws IOException {
        List<String> attributes = new ArrayList<>();
        try (Fd opened = FilesAt.openDirectory(directory)) {
            for (byte[] name : FilesAt.xattrs(opened)) {
                attributes.add(new String(name, StandardCharsets.US_ASCII) + "="
                        + HexFormat.of().formatHex(FilesAt.xattr(opened, name)));
            }
        }
        return attributes;
    }

    @Test
    void keepsTheWritesOfAViewToItselfAndDropsThemWithIt() throws Exception {
        Views views = new Views(store);
        Path written = temporary.resolve("written");
        Path other = temporary.resolve("other");
        View view = views.mount(image, written, ViewOptions.WRITABLE);
        views.mount(image, other, ViewOptions.WRITABLE);

        Files.writeString(written.resolve("file"), "changed");
        Path deep = Files.createDirectories(written.resolve("a/b/c/d"));
        Files.writeString(deep.resolve("moved-0"), "x");
        Files.delete(written.resolve("directory/inner"));

        assertThat(other.resolve("file")).hasContent("hello");
        assertThat(other.resolve("directory/inner")).exists();
        assertThat(options(written)).contains("rw", "nosuid", "nodev");
        assertThat(Files.getPosixFilePermissions(written)).isEqualTo(Files.getPosixFilePermissions(other));
        assertThat(store.resolve(view.id())).exists();
        views.unmount(written);
        assertThat(store.resolve(view.id())).doesNotExist();
        views.unmount(other);
    }

    @Test
    void givesTheRootOfAWritableViewTheAttributesOfTheImagesRoot() throws Exception {
        Views views = new Views(store);
        Path at = temporary.resolve("at");
        views.mount(image, at, ViewOptions.WRITABLE);
        assertThat(Files.getAttribute(at, "unix:mode")).isEqualTo(040751);
        assertThat(Files.getAttribute(at, "unix:uid")).isEqualTo(12);
        views.unmount(at);
    }

    @Test
    void refusesADirectoryThatIsNotEmptyOrHasSomethingMounted() throws Exception {
        Views views = new Views(store);
        Path full = temporary.resolve("full");
        Files.createDirectories(full.resolve("x"));
        assertRefused(() -> views.mount(image, full, ViewOptions.READ_ONLY), Category.CONFLICT, "not empty");

        Path at = Files.createDirectory(temporary.resolve("at"));
        views.mount(image, at, ViewOptions.READ_ONLY);
        assertRefused(() -> views.mount(image, at, ViewOptions.READ_ONLY), Category.CONFLICT, "mounted there already");
        views.unmount(at);
        assertThat(at).isEmptyDirectory();
        assertThat(mountsBelow(temporary)).isEmpty();
    }

    @Test
    void refusesToUnmountWhatIsNoViewOrIsInUse() throws Exception {
        Views views = new Views(store);
        Path at = temporary.resolve("at");
        assertRefused(() -> views.unmount(at), Category.NOT_FOUND, "does not exist");
        assertRefused(() -> views.unmount(temporary), Category.NOT_FOUND, "no view is mounted there");

        views.mount(image, at, ViewOptions.READ_ONLY);
        try (var open = Files.newInputStream(at.resolve("file"))) {
            assertRefused(() -> views.unmount(at), Category.CONFLICT, "EBUSY");
            assertThat(open.read()).isEqualTo('h');
        }
        assertThat(views.mounted()).hasSize(1);
        views.unmount(at);
    }

    @Test
    void leavesWhatSomebodyElseMountedOverAView() throws Exception {
        Views views = new Views(store);
        Path at = temporary.resolve("at");
        View view = views.mount(image, at, ViewOptions.READ_ONLY);
        Path shared = mountsBelow(store).getFirst();
        for (Path covered : List.of(at, shared)) {
            run("mount", "-t", "tmpfs", "tmpfs", covered.toString());
            Files.writeString(covered.resolve("theirs"), "theirs");
        }

        assertRefused(() -> views.unmount(at), Category.CONFLICT, "unmount that first");
        assertThat(at.resolve("theirs")).hasContent("theirs");
        assertThat(views.mounted()).containsExactly(view);
        assertRefused(
                () -> views.mount(image, temporary.resolve("other"), ViewOptions.READ_ONLY),
                Category.CONFLICT,
                "unmount that first");

        Mounts.unmount(at);
        views.unmount(at);
        assertThat(views.mounted()).isEmpty();
        assertThat(shared.resolve("theirs")).hasContent("theirs");

        Mounts.unmount(shared);
        assertThat(views.<List<View>>holding(there -> there)).isEmpty();
        assertThat(mountsBelow(temporary)).isEmpty();
        assertThat(shared).doesNotExist();
    }

    @Test
    void knowsAViewByItsMountEvenWhenADirectoryAboveItWasRenamed() throws Exception {
        Views views = new Views(store);
        Path above = Files.createDirectory(temporary.resolve("above"));
        views.mount(image, above.resolve("at"), ViewOptions.READ_ONLY);
        Path renamed = Files.move(above, temporary.resolve("renamed"));
        assertThat(views.mounted()).extracting(View::directory).containsExactly(renamed.resolve("at"));
        views.unmount(renamed.resolve("at"));
        assertThat(mountsBelow(temporary)).isEmpty();
    }

    @Test
    void cleansUpAfterViewsThatSomebodyElseUnmountedAndProcessesThatDied() throws Exception {
        Views views = new Views(store);
        Path at = temporary.resolve("at");
        views.mount(image, at, ViewOptions.WRITABLE);
        Mounts.unmount(at);
        Files.createDirectories(store.resolve("0123456789abcdef/upper/x"));

        assertThat(views.mounted()).isEmpty();
        assertThat(views.<List<View>>holding(there -> there)).isEmpty();
        assertThat(views.known()).isEmpty();
        assertThat(at).doesNotExist();
        assertThat(store.resolve("0123456789abcdef")).doesNotExist();
        assertThat(mountsBelow(temporary)).isEmpty();
    }

    @Test
    void takesTheHomeOfAViewAwayWithWhateverIsInIt() throws Exception {
        Views views = new Views(store);
        Path home = temporary.resolve("home");

        View view = views.mountWithin(image, home, "at", ViewOptions.READ_ONLY);

        assertThat(view.directory()).isEqualTo(home.toRealPath().resolve("at"));
        assertThat(home.resolve("at/file")).hasContent("hello");
        assertThat(Files.getPosixFilePermissions(home)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        Files.writeString(home.resolve("pid"), "1");
        Files.createDirectories(home.resolve("a/b"));
        assertRefused(
                () -> views.mountWithin(image, home, "other", ViewOptions.READ_ONLY),
                Category.CONFLICT,
                "there already");
        assertThat(home.resolve("pid")).exists();
        views.unmount(view.directory());
        assertThat(home).doesNotExist();
    }

    /** Unmounted by somebody else, lost with the kernel, or of a process that died before it mounted, or made anything. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void takesTheHomeOfAViewThatIsGoneAway(boolean made) throws Exception {
        Views views = new Views(store);
        Path home = temporary.resolve("home");
        View view = views.mountWithin(image, home, "at", ViewOptions.WRITABLE);
        Files.writeString(home.resolve("pid"), "1");
        Mounts.unmount(view.directory());
        if (!made) {
            run("rm", "-r", home.toString());
        }

        assertThat(views.<List<View>>holding(there -> there)).isEmpty();
        assertThat(home).doesNotExist();
        assertThat(store.resolve(view.id())).doesNotExist();
    }

    @Test
    void leavesTheHomeOfAViewWhileSomebodyHasSomethingMountedInIt() throws Exception {
        Views views = new Views(store);
        Path home = temporary.resolve("home");
        View view = views.mountWithin(image, home, "at", ViewOptions.READ_ONLY);
        Path data = Files.createDirectory(home.resolve("data"));
        run("mount", "-t", "tmpfs", "tmpfs", data.toString());
        Files.writeString(data.resolve("theirs"), "theirs");

        views.unmount(view.directory());

        assertThat(data.resolve("theirs")).hasContent("theirs");
        assertThat(views.mounted()).isEmpty();
        assertThat(views.known()).isEmpty();
        assertThat(views.<List<View>>holding(there -> there)).isEmpty();
        assertThatThrownBy(() -> Scratch.remove(home)).hasMessageContaining("busy");
        assertThat(data.resolve("theirs")).hasContent("theirs");

        Mounts.unmount(data);
        assertThat(views.<List<View>>holding(there -> there)).isEmpty();
        assertThat(home).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"namespace=mnt\\\\:[1]", "root=0\\\\:0 2 1"})
    void callsAViewOfAnEarlierRunOfTheKernelGoneAndLeavesOneThatIsNotSeenFromHereAlone(String elsewhere)
            throws Exception {
        Views views = new Views(store);
        Path at = temporary.resolve("at");
        View view = views.mount(image, at, ViewOptions.READ_ONLY);
        Path record = store.resolve(view.id()).resolve("view.properties");
        String text = Files.readString(record);

        Files.writeString(record, text.replaceAll(elsewhere.replaceAll("=.*", "") + "=.*", elsewhere));
        assertThat(views.mounted()).isEmpty();
        assertThat(views.<List<View>>holding(there -> there))
                .extracting(View::id)
                .containsExactly(view.id());
        assertThat(record).exists();

        Files.writeString(record, text.replaceAll("boot=.*", "boot=another"));
        assertThat(views.<List<View>>holding(there -> there)).isEmpty();
        assertThat(record).doesNotExist();
    }

    /** The kernel gives the numbers of mounts and of filesystems without a device out again, the lowest first. */
    @Test
    void doesNotTakeAMountThatHasTheNumbersOfAViewForIt() throws Exception {
        Views views = new Views(store);
        Path at = temporary.resolve("at");
        View view = views.mount(image, at, ViewOptions.WRITABLE);
        Mounts.unmount(at);
        Path stranger = Files.createDirectory(temporary.resolve("stranger"));
        run("mount", "-t", "tmpfs", "tmpfs", stranger.toString());
        FileStatus numbers;
        try (Fd seen = FilesAt.openDirectory(stranger)) {
            numbers = FilesAt.status(seen);
        }
        Path record = store.resolve(view.id()).resolve("view.properties");
        Files.writeString(
                record,
                Files.readString(record)
                        .replaceAll("(?m)^mountId=.*", "mountId=" + numbers.mountId())
                        .replaceAll(
                                "(?m)^device=.*", "device=" + numbers.device().replace(":", "\\\\:")));

        assertThat(views.mounted()).isEmpty();
        assertThatThrownBy(() -> views.unmount(stranger)).hasMessageContaining("no view is mounted there");
        assertThat(views.<List<View>>holding(there -> there)).isEmpty();
    }

    /** Empty, as a power loss may leave what was not synced; cut off; or no text at all. */
    @ParameterizedTest
    @ValueSource(strings = {"", "chainId=sha256\\:00", "image=\\u12", "mountId=\u00ff"})
    void takesAViewWhoseRecordIsNoneForOneThatIsGone(String record) throws Exception {
        Path broken = Files.createDirectories(store.resolve("0123456789abcdef"));
        Files.writeString(broken.resolve("view.properties"), record, StandardCharsets.ISO_8859_1);
        Views views = new Views(store);

        assertThat(views.mounted()).isEmpty();
        assertThat(views.known()).isEmpty();
        Path at = temporary.resolve("at");
        View view = views.mount(image, at, ViewOptions.READ_ONLY);

        assertThat(broken).doesNotExist();
        assertThat(views.<List<View>>holding(there -> there)).containsExactly(view);
        views.unmount(at);
    }

    @Test
    void leavesWhatIsNotAViewsAsItIs() throws Exception {
        Path file = Files.writeString(Files.createDirectories(store).resolve("note"), "mine");
        Path nowhere = Files.createSymbolicLink(store.resolve("nowhere"), Path.of("missing"));
        Path elsewhere = Files.createSymbolicLink(store.resolve("elsewhere"), temporary.resolve("one.d"));
        Views views = new Views(store);
        Path at = temporary.resolve("at");

        View view = views.mount(image, at, ViewOptions.READ_ONLY);
        assertThat(views.mounted()).containsExactly(view);
        assertThat(views.known()).containsExactly(view);
        views.unmount(at);

        assertThat(views.<List<View>>holding(there -> there)).isEmpty();
        assertThat(file).hasContent("mine");
        assertThat(nowhere).isSymbolicLink();
        assertThat(elsewhere).isDirectoryContaining("glob:**/file");
    }

    @Test
    void leavesNothingBehindWhenTheIndexIsNotOne() throws Exception {
        Path rubbish = Files.write(temporary.resolve("rubbish"), new byte[8192]);
        Index broken = new Index(Digest.sha256(new byte[] {3}), rubbish, List.of());
        Views views = new Views(store);
        Path at = temporary.resolve("at");
        assertRefused(() -> views.mount(broken, at, ViewOptions.READ_ONLY), Category.UNAVAILABLE, "neither from files");
        Index missing = new Index(broken.chainId(), temporary.resolve("missing"), List.of());
        assertRefused(() -> views.mount(missing, at, ViewOptions.READ_ONLY), Category.NOT_FOUND, "missing");
        assertThat(at).doesNotExist();
        assertThat(mountsBelow(temporary)).isEmpty();
        assertThat(store.resolve("shared")).isEmptyDirectory();
    }

    @Test
    void letsManyThreadsMountAndUnmountAtOnce() throws Exception {
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failed = Collections.synchronizedList(new ArrayList<>());
        for (int t = 0; t < 4; t++) {
            Path at = temporary.resolve("at-" + t);
            ViewOptions options = t % 2 == 0 ? ViewOptions.READ_ONLY : ViewOptions.WRITABLE;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    Views views = new Views(store);
                    for (int i = 0; i < 5; i++) {
                        views.mount(image, at, options);
                        assertThat(at.resolve("file")).hasContent("hello");
                        views.unmount(at);
                    }
                } catch (Throwable thrown) {
                    failed.add(thrown);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failed).isEmpty();
        assertThat(mountsBelow(temporary)).isEmpty();
    }

    private static List<String> options(Path directory) throws IOException {
        return List.of(mountInfo(directory)[5].split(",", -1));
    }

    /** {@code shared:N} and the like, see mount_namespaces(7); empty for a private mount. */
    private static String propagation(Path directory) throws IOException {
        String[] fields = mountInfo(directory);
        return String.join(" ", List.of(fields).subList(6, List.of(fields).indexOf("-")));
    }

    private static String[] mountInfo(Path directory) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .map(line -> line.split(" ", -1))
                .filter(fields -> fields[4].equals(directory.toString()))
                .findFirst()
                .orElseThrow();
    }

    private static void assertRefused(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Category category, String saying) {
        assertThatThrownBy(call).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(category);
            assertThat(failure.getMessage()).contains(saying);
        });
    }
}
