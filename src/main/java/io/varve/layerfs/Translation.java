package io.varve.layerfs;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.varve.failure.Failure;
import io.varve.tar.TarEntry;
import io.varve.tar.TarType;
import io.varve.tar.TarXattr;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tar entry as the change it makes (image-spec, layer.md): names cleaned, whiteouts recognised, everything refused
 * that could not be in a filesystem.
 *
 * <p>{@code .wh..wh..opq} makes its directory opaque, {@code .wh.NAME} is a whiteout of NAME, and all else that begins
 * with {@code .wh..wh.} is metadata of aufs, which nobody reads any more, and is ignored with what is below it.
 */
final class Translation {
    private static final int WHITEOUT_BYTES = ".wh.".length();
    private static final byte[] METADATA = ".wh..wh.".getBytes(US_ASCII);
    private static final byte[] OPAQUE = ".wh..wh..opq".getBytes(US_ASCII);
    private static final String[] OVERLAY_XATTRS = {"trusted.overlay.", "user.overlay."};
    private static final long NOBODY = 0xFFFF_FFFFL;

    private final LayerLimits limits;

    Translation(LayerLimits limits) {
        this.limits = limits;
    }

    /**
     * @return null for an entry that changes nothing
     * @throws Failure naming the entry and its offset
     */
    @Nullable
    Change change(TarEntry entry) {
        try {
            return translate(entry);
        } catch (Failure e) {
            throw e.during(entry.toString());
        }
    }

    private @Nullable Change translate(TarEntry entry) {
        byte[] path = EntryPath.clean(entry.name(), limits.depth());
        if (path.length == 0 && entry.type() != TarType.DIRECTORY) {
            throw Failure.invalid("the root can be nothing but a directory, got " + entry.type());
        }
        int last = EntryPath.lastComponent(path);
        for (int from = 0; from < last; from = EntryPath.end(path, from) + 1) {
            int to = EntryPath.end(path, from);
            if (EntryPath.startsWith(path, from, to, METADATA)) {
                return null;
            }
            if (EntryPath.isWhiteout(path, from, to)) {
                throw Failure.invalid("a whiteout has nothing below it");
            }
        }
        if (Arrays.equals(path, last, path.length, OPAQUE, 0, OPAQUE.length)) {
            return new Change.Opaque(EntryPath.parent(path), entry.offset());
        }
        if (EntryPath.startsWith(path, last, path.length, METADATA)) {
            return null;
        }
        if (EntryPath.isWhiteout(path, last, path.length)) {
            return new Change.Whiteout(hidden(path, last), entry.offset());
        }
        if (entry.type() == TarType.HARDLINK) {
            return link(path, entry);
        }
        return new Change.Put(path, inode(entry), entry.offset());
    }

    private static byte[] hidden(byte[] path, int last) {
        int from = last + WHITEOUT_BYTES;
        if (from == path.length
                || EntryPath.isSelf(path, from, path.length)
                || EntryPath.isParent(path, from, path.length)) {
            throw Failure.invalid("a whiteout names no entry");
        }
        byte[] hidden = new byte[path.length - WHITEOUT_BYTES];
        System.arraycopy(path, 0, hidden, 0, last);
        System.arraycopy(path, from, hidden, last, path.length - from);
        return hidden;
    }

    private Change link(byte[] path, TarEntry entry) {
        byte[] target;
        try {
            target = EntryPath.clean(entry.link(), limits.depth());
        } catch (Failure e) {
            throw e.during("hardlink target \"" + EntryPath.text(entry.link()) + "\"");
        }
        if (target.length == 0) {
            throw Failure.invalid("hardlink target: got the root, wanted a file");
        }
        return new Change.Link(path, target, entry.offset());
    }

    private static Inode inode(TarEntry entry) {
        FileType type =
                switch (entry.type()) {
                    case REGULAR -> FileType.REGULAR;
                    case DIRECTORY -> FileType.DIRECTORY;
                    case SYMLINK -> FileType.SYMLINK;
                    case CHARACTER -> FileType.CHARACTER;
                    case BLOCK -> FileType.BLOCK;
                    case FIFO -> FileType.FIFO;
                    case HARDLINK -> throw new IllegalArgumentException("a hardlink has no inode of its own");
                };
        if (type == FileType.SYMLINK && entry.link().length == 0) {
            throw Failure.invalid("symlink target: got nothing, wanted a path");
        }
        boolean device = type == FileType.CHARACTER || type == FileType.BLOCK;
        return new Inode(
                type,
                entry.mode() & 07777,
                owner("uid", entry.uid()),
                owner("gid", entry.gid()),
                entry.mtime(),
                entry.nanos(),
                type == FileType.REGULAR ? entry.size() : 0,
                device ? entry.major() : 0,
                device ? entry.minor() : 0,
                type == FileType.SYMLINK ? entry.link() : Inode.NO_TARGET,
                xattrs(entry.xattrs()),
                type == FileType.REGULAR ? entry.extents() : Inode.NO_EXTENTS);
    }

    /** 2^32 − 1 is what system calls take for "nobody in particular": no file can belong to it. */
    private static int owner(String what, long id) {
        if (id < 0 || id >= NOBODY) {
            throw Failure.invalid(what + ": got " + id + ", wanted 0 to " + (NOBODY - 1));
        }
        return (int) id;
    }

    /** What overlayfs keeps in xattrs would let a layer hide files of others once a view is writable: dropped. */
    private static List<Xattr> xattrs(List<TarXattr> given) {
        if (given.isEmpty()) {
            return List.of();
        }
        List<Xattr> kept = new ArrayList<>(given.size());
        for (TarXattr each : given) {
            Xattr xattr = new Xattr(each.name(), each.value());
            if (Arrays.stream(OVERLAY_XATTRS).noneMatch(xattr::startsWith)) {
                kept.add(xattr);
            }
        }
        kept.sort(null);
        return List.copyOf(kept);
    }
}
