package io.varve.tar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another implementation, commons-compress, reads what we write and writes what we read. */
class TarOracleTest {
    private static final byte[] DATA = "some data".getBytes(UTF_8);

    private static List<TarEntry> entries() {
        String deep = "directory/".repeat(30);
        return List.of(
                TarEntry.of(TarType.REGULAR, "short", "", 04711)
                        .withSize(DATA.length)
                        .withTime(1_700_000_000, 0),
                TarEntry.of(TarType.REGULAR, deep + "file", "", 0644)
                        .withSize(DATA.length)
                        .withTime(-5, 250_000_000),
                TarEntry.of(TarType.REGULAR, "a".repeat(120) + "/b", "", 0644)
                        .withOwner(4_000_000_000L, 3_000_000_000L),
                TarEntry.of(TarType.DIRECTORY, deep, "", 01777),
                TarEntry.of(TarType.SYMLINK, "symlink", deep + "file", 0777),
                TarEntry.of(TarType.HARDLINK, "hardlink", "short", 0644),
                TarEntry.of(TarType.CHARACTER, "null", "", 0666).withDevice(1, 3),
                TarEntry.of(TarType.FIFO, "fifo\u00e9", "", 0600)
                        .withXattrs(List.of(TarXattr.of("user.a", DATA), TarXattr.of("user.b", DATA))));
    }

    @Test
    void readsWhatWeWrite() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter writer = new TarWriter(out);
        for (TarEntry entry : entries()) {
            writer.write(entry, new ByteArrayInputStream(DATA, 0, (int) entry.size()));
        }
        writer.finish();

        try (TarArchiveInputStream in =
                new TarArchiveInputStream(new ByteArrayInputStream(out.toByteArray()), UTF_8.name())) {
            for (TarEntry wrote : entries()) {
                TarArchiveEntry read = in.getNextEntry();
                assertThat(read.getName()).isEqualTo(new String(wrote.name(), UTF_8));
                assertThat(read.getLinkName()).isEqualTo(new String(wrote.link(), UTF_8));
                assertThat(read.getLinkFlag()).isEqualTo(wrote.type().flag());
                assertThat(read.getMode()).isEqualTo(wrote.mode());
                assertThat(read.getLongUserId()).isEqualTo(wrote.uid());
                assertThat(read.getLongGroupId()).isEqualTo(wrote.gid());
                assertThat(read.getSize()).isEqualTo(wrote.size());
                assertThat(read.getLastModifiedTime().toInstant())
                        .isEqualTo(Instant.ofEpochSecond(wrote.mtime(), wrote.nanos()));
                assertThat(read.getDevMajor()).isEqualTo(wrote.major());
                assertThat(read.getDevMinor()).isEqualTo(wrote.minor());
                for (TarXattr xattr : wrote.xattrs()) {
                    assertThat(read.getExtraPaxHeader("SCHILY.xattr." + new String(xattr.name(), UTF_8)))
                            .isEqualTo(new String(xattr.value(), UTF_8));
                }
                assertThat(in.readAllBytes()).hasSize((int) wrote.size());
            }
            assertThat(in.getNextEntry()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void writesWhatWeRead(boolean pax) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<TarArchiveEntry> wrote = new ArrayList<>();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out, UTF_8.name())) {
            tar.setLongFileMode(pax ? TarArchiveOutputStream.LONGFILE_POSIX : TarArchiveOutputStream.LONGFILE_GNU);
            tar.setBigNumberMode(pax ? TarArchiveOutputStream.BIGNUMBER_POSIX : TarArchiveOutputStream.BIGNUMBER_STAR);
            for (TarEntry entry : entries()) {
                // Only PAX has fractions.
                wrote.add(put(tar, pax ? entry : entry.withTime(entry.mtime(), 0)));
            }
        }
        byte[] tar = out.toByteArray();

        List<TarEntry> read = Reading.read(tar);

        assertThat(read).hasSameSizeAs(wrote);
        for (int i = 0; i < read.size(); i++) {
            TarEntry entry = read.get(i);
            assertThat(new String(entry.name(), UTF_8)).isEqualTo(wrote.get(i).getName());
            assertThat(new String(entry.link(), UTF_8)).isEqualTo(wrote.get(i).getLinkName());
            assertThat(entry.type().flag()).isEqualTo(wrote.get(i).getLinkFlag());
            assertThat(entry.mode()).isEqualTo(wrote.get(i).getMode());
            assertThat(entry.uid()).isEqualTo(wrote.get(i).getLongUserId());
            assertThat(entry.gid()).isEqualTo(wrote.get(i).getLongGroupId());
            assertThat(Instant.ofEpochSecond(entry.mtime(), entry.nanos()))
                    .isEqualTo(wrote.get(i).getLastModifiedTime().toInstant());
            assertThat(entry.major()).isEqualTo(wrote.get(i).getDevMajor());
            assertThat(Reading.content(tar, entry)).isEqualTo(entry.size() == 0 ? new byte[0] : DATA);
        }
    }

    private static TarArchiveEntry put(TarArchiveOutputStream tar, TarEntry entry) throws IOException {
        TarArchiveEntry theirs = new TarArchiveEntry(
                new String(entry.name(), UTF_8), entry.type().flag());
        theirs.setLinkName(new String(entry.link(), UTF_8));
        theirs.setMode(entry.mode());
        theirs.setUserId(entry.uid());
        theirs.setGroupId(entry.gid());
        theirs.setSize(entry.size());
        theirs.setDevMajor(entry.major());
        theirs.setDevMinor(entry.minor());
        theirs.setLastModifiedTime(FileTime.from(Instant.ofEpochSecond(entry.mtime(), entry.nanos())));
        if (theirs.getLinkFlag() != TarConstants.LF_NORMAL && entry.type() == TarType.REGULAR) {
            throw new IllegalStateException("not a file: " + theirs.getName());
        }
        tar.putArchiveEntry(theirs);
        tar.write(DATA, 0, (int) entry.size());
        tar.closeArchiveEntry();
        return theirs;
    }
}
