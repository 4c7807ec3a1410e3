package io.varve.tar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** GNU tar, in every format it has, writes what we read and reads what we write. */
class GnuTarIT {
    private static final String LONG = "directory".repeat(15);

    @TempDir
    Path dir;

    @BeforeAll
    static void assumeGnuTar() throws IOException, InterruptedException {
        assumeTrue(isGnuTar(), "GNU tar is not on the PATH");
    }

    private static boolean isGnuTar() throws InterruptedException {
        try {
            return run(Path.of("."), "tar", "--version").contains("GNU tar");
        } catch (IOException notThere) {
            return false;
        }
    }

    private static String run(Path in, String... command) throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(in.toFile()).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().put("TZ", "UTC");
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor())
                .as("%s: %s", String.join(" ", command), output)
                .isZero();
        return output;
    }

    @ParameterizedTest
    @CsvSource({"v7", "oldgnu", "gnu", "ustar", "posix"})
    void readsEveryFormat(String format) throws IOException, InterruptedException {
        boolean longNames = !format.equals("v7") && !format.equals("ustar");
        String name = longNames ? LONG + "/" + "file".repeat(30) : "d/file";
        Path file = dir.resolve("in").resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "some data");
        Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(1_000_000_000, 123_456_789)));
        Files.createSymbolicLink(dir.resolve("in/link"), Path.of(name));
        Files.createLink(dir.resolve("in/zhard"), file);

        run(dir, "tar", "--format=" + format, "--sort=name", "-C", "in", "-cf", "tar", ".");
        byte[] tar = Files.readAllBytes(dir.resolve("tar"));
        List<TarEntry> entries = Reading.read(tar);

        String parent = name.substring(0, name.lastIndexOf('/') + 1);
        assertThat(Reading.names(entries)).containsExactly("./", "./" + parent, "./" + name, "./link", "./zhard");
        assertThat(entries)
                .extracting(TarEntry::type)
                .containsExactly(
                        TarType.DIRECTORY, TarType.DIRECTORY, TarType.REGULAR, TarType.SYMLINK, TarType.HARDLINK);
        assertThat(entries.get(2).mtime()).isEqualTo(1_000_000_000);
        assertThat(entries.get(2).nanos()).isEqualTo(format.equals("posix") ? 123_456_789 : 0);
        assertThat(Reading.content(tar, entries.get(2))).asString().isEqualTo("some data");
        assertThat(Reading.link(entries.get(3))).isEqualTo(name);
        assertThat(Reading.link(entries.get(4))).isEqualTo("./" + name);
    }

    @ParameterizedTest
    @CsvSource({
        "--format=gnu",
        "--format=posix --sparse-version=0.0",
        "--format=posix --sparse-version=0.1",
        "--format=posix --sparse-version=1.0"
    })
    void readsSparseFiles(String options) throws IOException, InterruptedException {
        Path sparse = dir.resolve("sparse");
        try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
            for (int i = 1; i < 40; i++) {
                file.seek(i * 65_536L);
                file.write(("piece " + i).getBytes(UTF_8));
            }
            file.setLength(41 * 65_536L);
        }

        run(dir, "sh", "-c", "tar " + options + " -S -cf tar sparse");
        byte[] tar = Files.readAllBytes(dir.resolve("tar"));
        TarEntry entry = Reading.read(tar).getFirst();

        assertThat(Reading.name(entry)).isEqualTo("sparse");
        assertThat(tar.length).isLessThan(Math.toIntExact(entry.size()));
        assertThat(Reading.content(tar, entry)).isEqualTo(Files.readAllBytes(sparse));
    }

    @Test
    void extractsWhatWeWrite() throws IOException, InterruptedException {
        String name = LONG + "/" + "file".repeat(40);
        try (OutputStream out = Files.newOutputStream(dir.resolve("tar"))) {
            TarWriter writer = new TarWriter(out);
            writer.write(TarEntry.of(TarType.DIRECTORY, LONG + "/", "", 0750).withTime(7, 0));
            writer.write(
                    TarEntry.of(TarType.REGULAR, name, "", 0640).withSize(9).withTime(-2, 750_000_000),
                    new ByteArrayInputStream("some data".getBytes(UTF_8)));
            writer.write(TarEntry.of(TarType.SYMLINK, "link", name, 0777));
            writer.write(TarEntry.of(TarType.HARDLINK, "hard", name, 0640));
            writer.write(TarEntry.of(TarType.FIFO, "fifo", "", 0600).withOwner(4_000_000_000L, 5));
            writer.finish();
        }
        Path into = Files.createDirectory(dir.resolve("into"));

        String listing = run(dir, "tar", "--numeric-owner", "-tvf", "tar");
        run(dir, "tar", "--no-same-owner", "-C", "into", "-xpf", "tar");

        assertThat(listing).contains("4000000000/5");
        assertThat(into.resolve(name)).hasContent("some data");
        assertThat(Files.getLastModifiedTime(into.resolve(name)).toInstant())
                .isEqualTo(Instant.ofEpochSecond(-2, 750_000_000));
        assertThat(Files.getAttribute(into.resolve(name), "unix:mode")).isEqualTo(0100640);
        assertThat(Files.getAttribute(into.resolve("hard"), "unix:ino"))
                .isEqualTo(Files.getAttribute(into.resolve(name), "unix:ino"));
        assertThat(Files.readSymbolicLink(into.resolve("link"))).isEqualTo(Path.of(name));
        assertThat(Files.getLastModifiedTime(into.resolve(LONG)).toInstant()).isEqualTo(Instant.ofEpochSecond(7));
    }
}
