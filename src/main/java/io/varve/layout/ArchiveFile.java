package io.varve.layout;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.tar.TarEntry;
import io.varve.tar.TarLimits;
import io.varve.tar.TarReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A tar that is read where it stands: its headers once, and then whatever is wanted of what is between them. It is opened for each
 * reading anew, so nothing is held, and it must stay the file it was. Safe for any thread; blocks.
 */
public final class ArchiveFile {
    /** Two headers and small documents come with one read; of a layer this much is read in vain. */
    private static final int BUFFER = 16 << 10;

    /** Nobody remembers more names of one archive; no image needs that many. */
    public static final int MOST = 100_000;

    private final Path path;
    private final State state;

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

    private ArchiveFile(Path path, State state) {
        this.path = path;
        this.state = state;
    }

    /**
     * Reads the headers.
     *
     * @param path without symlinks
     * @param entries hears of each, in the order of the tar
     * @throws Failure Invalid when it is no tar or a compressed one, Exceeded when it has more entries than the limit or one that is too
     *     large
     */
    public static ArchiveFile index(Path path, TarLimits limits, Consumer<TarEntry> entries) throws IOException {
        ArchiveFile archive = new ArchiveFile(path, State.of(path));
        try (FileChannel file = archive.open()) {
            archive.index(file, new TarReader(limits, entries));
        }
        return archive;
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
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

    /** What is said of an archive with more names than {@link #MOST}. */
    public static Failure tooMany() {
        return Failure.of(Category.EXCEEDED, "members: got more than " + MOST);
    }

    public Path path() {
        return path;
    }

    /** So many bytes from there, as they stand in the tar. The caller closes it. */
    public Run open(long start, long size) throws IOException {
        if (!State.of(path).equals(state)) {
            throw changed();
        }
        return new Run(open(), start, size);
    }

    private Failure changed() {
        return Failure.of(
                Category.CONFLICT,
                "got an archive that changed while it was read, wanted " + state.size() + " bytes of "
                        + state.modified());
    }
}
