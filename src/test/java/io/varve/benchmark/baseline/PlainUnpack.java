package io.varve.benchmark.baseline;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/** Files, directories and links of a layer, written over what lower layers left. Owners stay whoever runs it; layers are trusted. */
final class PlainUnpack {
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";
    private static final List<PosixFilePermission> BITS = List.of(
            PosixFilePermission.OTHERS_EXECUTE,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.GROUP_EXECUTE,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.OWNER_EXECUTE,
            PosixFilePermission.OWNER_WRITE,
            PosixFilePermission.OWNER_READ);

    private PlainUnpack() {}

    /** @param tar to its last entry, and perhaps not further */
    @SuppressWarnings("resource") // The tar is its owner's to close.
    static void unpack(InputStream tar, Path rootfs) throws IOException {
        TarArchiveInputStream entries = new TarArchiveInputStream(tar);
        for (TarArchiveEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
            Path path = rootfs.resolve(entry.getName()).normalize();
            if (!path.startsWith(rootfs)) {
                throw new IOException("got " + entry.getName() + ", which is outside");
            }
            unpack(entries, entry, path, rootfs);
        }
    }

    private static void unpack(TarArchiveInputStream in, TarArchiveEntry entry, Path path, Path rootfs)
            throws IOException {
        String name = String.valueOf(path.getFileName());
        if (name.equals(OPAQUE)) {
            clear(path.getParent());
        } else if (name.startsWith(WHITEOUT)) {
            delete(path.resolveSibling(name.substring(WHITEOUT.length())));
        } else if (entry.isDirectory()) {
            Files.createDirectories(path);
            set(path, entry);
        } else {
            Files.createDirectories(path.getParent());
            delete(path);
            if (entry.isSymbolicLink()) {
                Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            } else if (entry.isLink()) {
                Files.createLink(path, rootfs.resolve(entry.getLinkName()));
            } else {
                Files.copy(in, path);
                set(path, entry);
            }
        }
    }

    private static void set(Path path, TarArchiveEntry entry) throws IOException {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int bit = 0; bit < BITS.size(); bit++) {
            if ((entry.getMode() & 1 << bit) != 0) {
                permissions.add(BITS.get(bit));
            }
        }
        Files.setPosixFilePermissions(path, permissions);
        Files.setLastModifiedTime(
                path, FileTime.from(entry.getLastModifiedTime().toInstant()));
    }

    private static void clear(@Nullable Path directory) throws IOException {
        if (directory != null && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            delete(directory);
            Files.createDirectories(directory);
        }
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failed) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
