package io.varve.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Ways to read a whole tar that stands in memory. */
final class Reading {
    private Reading() {}

    static List<TarEntry> read(byte[] tar) {
        return read(tar, TarLimits.DEFAULTS);
    }

    static List<TarEntry> read(byte[] tar, TarLimits limits) {
        return read(tar, limits, tar.length);
    }

    static List<TarEntry> read(TarBlocks tar) {
        return read(tar.bytes());
    }

    /** In two pieces. */
    static List<TarEntry> read(byte[] tar, TarLimits limits, int split) {
        List<TarEntry> entries = new ArrayList<>();
        TarReader reader = new TarReader(limits, entries::add);
        reader.accept(Unpooled.wrappedBuffer(tar, 0, split));
        reader.accept(Unpooled.wrappedBuffer(tar, split, tar.length - split));
        reader.finish();
        return entries;
    }

    /** In pieces of one size out of direct memory, each in the middle of its buffer. */
    static List<TarEntry> readDirect(byte[] tar, int piece) {
        List<TarEntry> entries = new ArrayList<>();
        TarReader reader = new TarReader(TarLimits.DEFAULTS, entries::add);
        ByteBuf slab = ByteBufAllocator.DEFAULT.directBuffer(piece + 2);
        try {
            for (int at = 0; at < tar.length; at += piece) {
                int n = Math.min(piece, tar.length - at);
                slab.clear().writeByte('x').writeBytes(tar, at, n).skipBytes(1);
                reader.accept(slab);
            }
        } finally {
            slab.release();
        }
        reader.finish();
        return entries;
    }

    static String name(TarEntry entry) {
        return new String(entry.name(), ISO_8859_1);
    }

    static String link(TarEntry entry) {
        return new String(entry.link(), ISO_8859_1);
    }

    static List<String> names(List<TarEntry> entries) {
        return entries.stream().map(Reading::name).toList();
    }

    /** Bytes of the tar that are bytes of the file. */
    static int stored(TarEntry entry) {
        int stored = 0;
        for (int i = 0; i < entry.extents().length; i += 3) {
            stored += (int) entry.extents()[i + 1];
        }
        return stored;
    }

    /** The bytes a reader of the file sees. */
    static byte[] content(byte[] tar, TarEntry entry) {
        byte[] content = new byte[Math.toIntExact(entry.size())];
        long[] extents = entry.extents();
        for (int i = 0; i < extents.length; i += 3) {
            int from = Math.toIntExact(extents[i + 2]);
            byte[] piece = Arrays.copyOfRange(tar, from, from + Math.toIntExact(extents[i + 1]));
            System.arraycopy(piece, 0, content, Math.toIntExact(extents[i]), piece.length);
        }
        return content;
    }
}
