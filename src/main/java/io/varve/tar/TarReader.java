package io.varve.tar;

import static io.varve.tar.HeaderField.BLOCK;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Failure;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes entries of a tar's bytes as they come: v7, ustar, PAX and GNU, sparse files included.
 *
 * <p>An entry is handed out as soon as its headers are complete, before its data was seen; {@link #finish} says whether
 * all of it came. A block of zeros ends the tar, bytes behind it are counted only. Data is skipped, not looked at. What
 * is buffered is one block and at most one extension, within {@link TarLimits#paxBytes}.
 *
 * <p>All failures name the member and its offset. After one the reader is not to be used any more; what it handed out
 * before stays true. One thread at a time.
 */
public final class TarReader {

    /** What the bytes that come next are. */
    private enum State {
        HEADER,
        /** The data of a PAX header, a long name or a long link. */
        EXTENSION,
        /** A block with more of an old GNU sparse map. */
        SPARSE_BLOCK,
        /** A block of the map in front of a PAX 1.0 sparse file's data. */
        SPARSE_TEXT,
        DATA,
        PADDING,
        /** Behind the end. */
        REST
    }

    /** Members have three or four of them. No setting raises it. */
    private static final int MOST_EXTENSIONS = 100;

    private final TarLimits limits;
    private final Consumer<TarEntry> entries;
    private final Headers headers;
    private final byte[] block = new byte[BLOCK];

    private State state = State.HEADER;
    // Bytes until this state is complete; never 0 between calls.
    private long wanted = BLOCK;
    private long offset;
    private long count;
    // Since the last member: they count among no entries, and a tar may be nothing else.
    private int extensions;

    // Grows to the largest extension seen; extensionLength bytes of it belong to the present one.
    private byte[] extension = {};
    private int extensionLength;
    private byte extensionFlag;

    // The sparse file whose map is being read, and the bytes stored for it behind the blocks read.
    private @Nullable Sparse sparse;
    private long stored;

    /** @param entries called on the thread that calls {@link #accept}; what it throws passes through as it is */
    public TarReader(TarLimits limits, Consumer<TarEntry> entries) {
        this.limits = limits;
        this.entries = entries;
        headers = new Headers(limits);
    }

    /** Bytes seen so far. */
    public long offset() {
        return offset;
    }

    /**
     * Takes the next bytes of the tar: all that is readable, split from the last and the next anywhere.
     *
     * @param borrowed stays the caller's and keeps its indices; nothing of it is held on to
     * @throws Failure Invalid or Exceeded
     */
    public void accept(ByteBuf borrowed) {
        int at = borrowed.readerIndex();
        int end = borrowed.writerIndex();
        while (at < end) {
            int n = (int) Math.min(wanted, end - at);
            switch (state) {
                case HEADER, SPARSE_BLOCK, SPARSE_TEXT -> borrowed.getBytes(at, block, (int) (BLOCK - wanted), n);
                case EXTENSION -> borrowed.getBytes(at, extension, (int) (extensionLength - wanted), n);
                case DATA, PADDING, REST -> {}
            }
            at += n;
            offset += n;
            wanted -= n;
            if (wanted == 0) {
                TarEntry complete = step();
                if (complete != null) {
                    entries.accept(complete);
                }
            }
        }
    }

    /**
     * How many of the bytes that come next this reader has no use for, if nothing between them is left out: the rest of a
     * member's data and of what pads it, or everything behind the end. More may follow when these are {@linkplain #skip
     * skipped}.
     */
    public long skippable() {
        return switch (state) {
            case DATA, PADDING, REST -> wanted;
            case HEADER, EXTENSION, SPARSE_BLOCK, SPARSE_TEXT -> 0;
        };
    }

    /**
     * Takes the next bytes of the tar as {@link #accept} does, without seeing them. That they are there is the caller's
     * word.
     *
     * @param bytes at most those {@link #skippable}
     */
    public void skip(long bytes) {
        Objects.checkFromIndexSize(0, bytes, skippable());
        if (bytes == 0) {
            return;
        }
        offset += bytes;
        wanted -= bytes;
        if (wanted == 0) {
            // Leads from data to its padding and from there to a header, and completes no entry.
            step();
        }
    }

    /**
     * Says that the stream ended. The end block may be missing, and the padding of the last member's data.
     *
     * @throws Failure Invalid, when the tar ended in the middle of a member
     */
    public void finish() {
        String missing =
                switch (state) {
                    case HEADER -> wanted < BLOCK ? "of a header" : "";
                    case EXTENSION -> "of an extended header";
                    case SPARSE_BLOCK, SPARSE_TEXT -> "of a sparse map";
                    case DATA -> "of data";
                    case PADDING, REST -> "";
                };
        if (!missing.isEmpty()) {
            if (state == State.HEADER) {
                headers.begin(offset - (BLOCK - wanted));
            }
            throw Failure.invalid("got the end of the tar, wanted " + wanted + " more bytes " + missing)
                    .during(headers.describe());
        }
        if (headers.extended() && state != State.REST) {
            throw withoutMember().during(headers.describe());
        }
    }

    /** What stands in this state is complete: goes on to the next, perhaps with an entry to hand out. */
    private @Nullable TarEntry step() {
        try {
            switch (state) {
                case HEADER -> {
                    return header();
                }
                case EXTENSION -> extensionComplete();
                case SPARSE_BLOCK -> {
                    return sparseBlock(Objects.requireNonNull(sparse));
                }
                case SPARSE_TEXT -> {
                    return sparseText(Objects.requireNonNull(sparse));
                }
                case DATA -> padding();
                case PADDING -> enter(State.HEADER, BLOCK);
                case REST -> enter(State.REST, Long.MAX_VALUE);
            }
            return null;
        } catch (Failure failure) {
            throw failure.during(headers.describe());
        }
    }

    private void enter(State next, long bytes) {
        state = next;
        wanted = bytes;
    }

    private void padding() {
        // Every member starts on a block, so its data ends where its padding is known from the offset.
        int padding = (int) (-offset & (BLOCK - 1));
        if (padding == 0) {
            enter(State.HEADER, BLOCK);
        } else {
            enter(State.PADDING, padding);
        }
    }

    private void data(long bytes) {
        if (bytes > Long.MAX_VALUE - BLOCK - offset) {
            throw Failure.invalid("size: got " + bytes + " bytes stored, wanted an end below 2^63");
        }
        if (bytes == 0) {
            enter(State.HEADER, BLOCK);
        } else {
            enter(State.DATA, bytes);
        }
    }

    private @Nullable TarEntry header() {
        int sum = HeaderField.sum(block);
        if (sum == 0) {
            if (headers.extended()) {
                throw withoutMember();
            }
            enter(State.REST, Long.MAX_VALUE);
            return null;
        }
        headers.begin(offset - BLOCK);
        headers.name(block);
        HeaderField.verifyChecksum(block, sum);
        byte flag = block[HeaderField.TYPE_FLAG];
        switch (flag) {
            case 'x', 'g', 'L', 'K' -> beginExtension(flag);
            case 'V' -> {
                // The label of a volume, which says nothing about files.
                headers.complete();
                data(headers.size(block));
            }
            default -> {
                return member(flag);
            }
        }
        return null;
    }

    private void beginExtension(byte flag) {
        extensions++;
        if (extensions > MOST_EXTENSIONS) {
            throw Failure.exceeded(
                    "extended headers in front of one member",
                    extensions,
                    MOST_EXTENSIONS,
                    "what any member has use for");
        }
        long size = Headers.extensionSize(block);
        if (size > limits.paxBytes()) {
            throw Failure.exceeded("extended header", size, limits.paxBytes(), "limits.paxBytes");
        }
        if (extension.length < size) {
            extension = new byte[(int) size];
        }
        extensionFlag = flag;
        extensionLength = (int) size;
        if (size == 0) {
            extensionComplete();
        } else {
            enter(State.EXTENSION, size);
        }
    }

    private void extensionComplete() {
        headers.extend(extensionFlag, extension, extensionLength, offset - extensionLength);
        padding();
    }

    private @Nullable TarEntry member(byte flag) {
        extensions = 0;
        count++;
        if (count > limits.entries()) {
            throw Failure.exceeded("entries of a tar", count, limits.entries(), "limits.entries");
        }
        headers.complete();
        TarType type = headers.type(flag);
        headers.count(type);
        long bytes = headers.size(block);
        PaxSparse paxSparse = headers.sparse();
        if (type != TarType.REGULAR) {
            return dataless(type, flag, bytes);
        }
        if (flag == 'S') {
            return beginSparse(bytes);
        }
        if (paxSparse != null) {
            return beginSparse(paxSparse, bytes);
        }
        data(bytes);
        long[] extents = bytes == 0 ? TarEntry.NO_EXTENTS : new long[] {0, bytes, offset};
        return headers.entry(block, type, bytes, extents);
    }

    private TarEntry dataless(TarType type, byte flag, long bytes) {
        boolean file = flag == 0 || flag == '0' || flag == '7';
        boolean holes = flag == 'S' || headers.sparse() != null;
        if (holes || (file && bytes > 0)) {
            // A file by its flag, a directory by its name: readers do not agree on whether its data is there.
            String got = holes ? "a sparse file" : "data of " + bytes + " bytes";
            throw Failure.invalid("got " + got + ", wanted no data for a " + type);
        }
        // GNU's incremental archives list a directory's names in its data. With others the size means nothing.
        data(flag == 'D' ? bytes : 0);
        return headers.entry(block, type, 0, TarEntry.NO_EXTENTS);
    }

    /** An old GNU sparse file: the map begins in the header and goes on in blocks of its own. */
    private @Nullable TarEntry beginSparse(long bytes) {
        if (!Headers.isGnu(block)) {
            throw Failure.invalid("type flag: got a sparse file of another format, wanted GNU's");
        }
        long size = HeaderField.GNU_REAL_SIZE.number(block);
        sparse = new Sparse(
                headers.entry(block, TarType.REGULAR, size, TarEntry.NO_EXTENTS),
                new SparseMap(limits.sparseExtents()),
                null);
        stored = bytes;
        return sparseSlots(sparse, HeaderField.GNU_SPARSE, HeaderField.GNU_SPARSE_SLOTS, HeaderField.GNU_EXTENDED);
    }

    private @Nullable TarEntry sparseBlock(Sparse file) {
        return sparseSlots(file, 0, HeaderField.GNU_MORE_SPARSE_SLOTS, HeaderField.GNU_MORE_EXTENDED);
    }

    private @Nullable TarEntry sparseSlots(Sparse file, int from, int slots, int extended) {
        int width = HeaderField.GNU_SPARSE_NUMBER;
        for (int at = from; at < from + 2 * width * slots && block[at] != 0; at += 2 * width) {
            file.map.add(HeaderField.number(block, at, width), HeaderField.number(block, at + width, width));
        }
        if (block[extended] != 0) {
            enter(State.SPARSE_BLOCK, BLOCK);
            return null;
        }
        return sparseComplete(file);
    }

    private @Nullable TarEntry beginSparse(PaxSparse pax, long bytes) {
        TarEntry entry = headers.entry(block, TarType.REGULAR, pax.realSize(), TarEntry.NO_EXTENTS);
        stored = bytes;
        if (!pax.mapInData()) {
            return sparseComplete(new Sparse(entry, pax.map(), null));
        }
        SparseText text = new SparseText(limits.sparseExtents());
        sparse = new Sparse(entry, text.map(), text);
        nextSparseText();
        return null;
    }

    private void nextSparseText() {
        if (stored < BLOCK) {
            throw Failure.invalid("sparse map: got an end of the data, wanted another block of the map");
        }
        stored -= BLOCK;
        enter(State.SPARSE_TEXT, BLOCK);
    }

    private @Nullable TarEntry sparseText(Sparse file) {
        if (Objects.requireNonNull(file.text).endsIn(block)) {
            return sparseComplete(file);
        }
        nextSparseText();
        return null;
    }

    private TarEntry sparseComplete(Sparse file) {
        sparse = null;
        data(stored);
        return file.entry.withExtents(file.map.extents(file.entry.size(), stored, offset));
    }

    private static Failure withoutMember() {
        return Failure.invalid("got the end of the tar, wanted the member that an extended header describes");
    }

    /** A sparse file of which the map is not complete: its entry has no extents yet. */
    private record Sparse(
            TarEntry entry, SparseMap map, @Nullable SparseText text) {}
}
