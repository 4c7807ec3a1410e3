package io.varve.layout;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.tar.TarEntry;
import io.varve.tar.TarLimits;
import io.varve.tar.TarReader;
import io.varve.tar.TarType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A layout that is a tar. Nothing is unpacked: its headers are read once, the data between them is not, and a file of the
 * layout is read from where it stands in the tar. Other entries are passed over; of a name that comes twice the last
 * counts. The tar is opened for each file anew, so nothing is held, and it must stay the file it was.
 */
final class LayoutArchive implements LayoutFiles {
    /** The names anybody may ask for; whatever else a tar holds takes no memory here. */
    private static final Pattern NAME = Pattern.compile(
            MARKER + "|" + Pattern.quote(INDEX) + "|" + BLOBS + "/(?:sha256/[a-f0-9]{64}|sha512/[a-f0-9]{128})");

    private static final int LONGEST_NAME = 160;

    /** Two headers and small documents come with one read; of a layer this much is read in vain. */
    private static final int BUFFER = 16 << 10;

    private final Path archive;
    private final State state;
    private final Map<String, Member> members = new HashMap<>();

    /** What tells whether the file is still the one that was indexed. */
    private record State(@Nullable Object key, long size, FileTime modified) {
        static State of(Path file) throws IOException {
            // Asked before opening: opening a FIFO would wait for its writer.
            BasicFileAttributes found =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!found.isRegularFile()) {
                throw Failure.invalid(
                        "got " + (found.isDirectory() ? "a directory" : "something else") + ", wanted a file");
            }
            return new State(found.fileKey(), found.size(), found.lastModifiedTime());
        }
    }

    /** An entry of the tar: where its bytes are if they can be read, else what is wrong with it. */
    private record Member(long start, long size, @Nullable String wrong) {
        static Member of(TarEntry entry) {
            long[] extents = entry.extents();
            if (entry.type() != TarType.REGULAR) {
                return new Member(0, 0, "a " + entry.type());
            }
            if (extents.length == 0 && entry.size() == 0) {
                return new Member(0, 0, null);
            }
            if (extents.length != 3 || extents[1] != entry.size()) {
                return new Member(0, 0, "a sparse file");
            }
            return new Member(extents[2], entry.size(), null);
        }
    }

    private LayoutArchive(Path archive, State state) {
        this.archive = archive;
        this.state = state;
    }

    /**
     * Reads the headers of a tar.
     *
     * @param archive without symlinks
     * @throws Failure Invalid when it is no tar, Exceeded when it has more entries than the limit or one that is too large
     */
    static LayoutArchive index(Path archive, TarLimits limits) throws IOException {
        LayoutArchive layout = new LayoutArchive(archive, State.of(archive));
        try (FileChannel file = FileChannel.open(archive, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            layout.index(file, new TarReader(limits, layout::add));
        }
        return layout;
    }

    private void index(FileChannel file, TarReader reader) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        ByteBuf bytes = Unpooled.wrappedBuffer(buffer.array());
        while (reader.offset() < state.size()) {
            long skipped = Math.min(reader.skippable(), state.size() - reader.offset());
            if (skipped > 0) {
                reader.skip(skipped);
                continue;
            }
            int n = file.read(buffer.clear(), reader.offset());
            if (n < 0) {
                throw changed();
            }
            if (reader.offset() == 0) {
                Compression.refuse(buffer.flip());
            }
            reader.accept(bytes.setIndex(0, n));
        }
        reader.finish();
    }

    private void add(TarEntry entry) {
        byte[] name = entry.name();
        int from = name.length > 2 && name[0] == '.' && name[1] == '/' ? 2 : 0;
        if (name.length - from <= LONGEST_NAME) {
            String plain = new String(name, from, name.length - from, StandardCharsets.ISO_8859_1);
            if (NAME.matcher(plain).matches()) {
                members.put(plain, Member.of(entry));
            }
        }
    }

    @Override
    public Path place() {
        return archive;
    }

    @Override
    public Run open(String name) throws IOException {
        Member member = members.get(name);
        if (member == null) {
            throw new NoSuchFileException(name);
        }
        if (member.wrong() != null) {
            throw Failure.invalid("got " + member.wrong() + " in the archive, wanted a regular file");
        }
        if (!State.of(archive).equals(state)) {
            throw changed();
        }
        return new Run(
                FileChannel.open(archive, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS),
                member.start(),
                member.size());
    }

    private Failure changed() {
        return Failure.of(
                Category.CONFLICT,
                "got an archive that changed while it was read, wanted " + state.size() + " bytes of "
                        + state.modified());
    }
}
