package io.varve.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.build.BuildSpec.EmptyDirectory;
import io.varve.build.BuildSpec.Inline;
import io.varve.build.BuildSpec.InlineFile;
import io.varve.build.BuildSpec.RegularFile;
import io.varve.build.BuildSpec.SymbolicLink;
import io.varve.tar.TarEntry;
import io.varve.tar.TarType;
import io.varve.tar.TarWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Files out of the spec, in the order of their paths, behind what is taken away. As large as the spec, so all of it is in memory. */
final class InlineContent implements LayerContent {
    private static final String WHITEOUT = ".wh.";
    private static final int WHITEOUT_MODE = 0644;
    private static final int BLOCK = 512;

    private final byte[] tar;

    InlineContent(Inline inline, Instant created) {
        try {
            tar = tar(inline, created.getEpochSecond());
        } catch (IOException e) {
            throw new UncheckedIOException("memory can be written to", e);
        }
    }

    private static byte[] tar(Inline inline, long created) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(size(inline));
        TarWriter writer = new TarWriter(bytes);
        // Some readers let them take away what stands before them.
        for (String removed : sorted(inline.removed(), path -> path)) {
            int name = removed.lastIndexOf('/') + 1;
            String whiteout = removed.substring(0, name) + WHITEOUT + removed.substring(name);
            writer.write(
                    TarEntry.of(TarType.REGULAR, whiteout, "", WHITEOUT_MODE).withTime(created, 0));
        }
        for (InlineFile file : sorted(inline.files(), InlineFile::path)) {
            write(writer, file, created, bytes);
        }
        writer.finish();
        return bytes.toByteArray();
    }

    private interface Key<T> {
        String of(T item);
    }

    /** By the bytes of their paths. */
    private static <T> List<T> sorted(List<T> items, Key<T> key) {
        List<T> sorted = new ArrayList<>(items);
        sorted.sort(Comparator.comparing(item -> key.of(item).getBytes(UTF_8), Arrays::compareUnsigned));
        return sorted;
    }

    /** Of what most of them are. */
    private static int size(Inline inline) {
        long size = 2 * BLOCK;
        for (InlineFile file : inline.files()) {
            size += 2 * BLOCK + (file instanceof RegularFile regular ? regular.content().length : 0);
        }
        return Math.clamp(size, 0, Integer.MAX_VALUE / 2);
    }

    private static void write(TarWriter writer, InlineFile file, long created, OutputStream out) throws IOException {
        switch (file) {
            case RegularFile regular -> {
                TarEntry entry =
                        entry(TarType.REGULAR, file.path(), "", file, created).withSize(regular.content().length);
                writer.begin(entry);
                out.write(regular.content());
                writer.end(entry);
            }
            case SymbolicLink link -> writer.write(entry(TarType.SYMLINK, file.path(), link.target(), file, created));
            case EmptyDirectory _ ->
                writer.write(
                        entry(TarType.DIRECTORY, file.path().isEmpty() ? "./" : file.path() + "/", "", file, created));
        }
    }

    private static TarEntry entry(TarType type, String name, String link, InlineFile file, long created) {
        return TarEntry.of(type, name, link, file.mode())
                .withOwner(file.owner().uid(), file.owner().gid())
                .withTime(created, 0);
    }

    @Override
    public void writeTo(WritableByteChannel out) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(tar);
        while (rest.hasRemaining()) {
            out.write(rest);
        }
    }

    @Override
    public long mostBytes() {
        return tar.length;
    }
}
