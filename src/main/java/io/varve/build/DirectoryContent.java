package io.varve.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.build.BuildSpec.HostDirectory;
import io.varve.build.BuildSpec.Owner;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.TarOutput;
import io.varve.os.Fd;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import io.varve.os.Name;
import io.varve.tar.TarEntry;
import io.varve.tar.TarType;
import io.varve.tar.TarWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A directory of this machine: files, directories, symlinks and FIFOs with their modes; names, targets and bytes as they are, everything else
 * as the spec says. Of a directory first what is no directory, by name, then each directory. No symlink in it is ever followed: each name is
 * opened in the directory that it was found in.
 */
final class DirectoryContent implements LayerContent {
    private static final int TYPE_BITS = 0170000;
    private static final int REGULAR = 0100000;
    private static final int SYMLINK = 0120000;
    private static final int FIFO = 0010000;
    private static final int PIECE = 256 << 10;
    private static final byte[] WHITEOUT = ".wh.".getBytes(UTF_8);

    private final Place directory;
    private final String target;
    private final Owner owner;
    private final Patterns excluded;
    private final long created;
    private final int depthLimit;

    /**
     * @param directory that the spec means
     * @param depthLimit directories above an entry, as of layers that are pulled
     */
    DirectoryContent(HostDirectory spec, Place directory, Instant created, int depthLimit) {
        this.directory = directory;
        target = spec.target();
        owner = spec.owner();
        excluded = new Patterns(spec.exclude());
        this.created = created.getEpochSecond();
        this.depthLimit = depthLimit;
    }

    @Override
    public void writeTo(WritableByteChannel out) throws IOException {
        try (Fd top = directory.open();
                Arena arena = Arena.ofConfined()) {
            Walk walk = new Walk(new TarOutput(out), arena.allocate(PIECE));
            if (!target.isEmpty()) {
                walk.write(TarType.DIRECTORY, slashed(target.getBytes(UTF_8)), new byte[0], FilesAt.status(top));
            }
            walk.directory(top, new byte[0], 0);
            walk.end();
        } catch (IOException e) {
            throw Failure.from(e).during("directory " + directory);
        }
    }

    @Override
    public long mostBytes() {
        return Long.MAX_VALUE;
    }

    private static boolean isWhiteout(byte[] name) {
        return name.length >= WHITEOUT.length && Arrays.equals(name, 0, WHITEOUT.length, WHITEOUT, 0, WHITEOUT.length);
    }

    private static byte[] slashed(byte[] path) {
        byte[] slashed = Arrays.copyOf(path, path.length + 1);
        slashed[path.length] = '/';
        return slashed;
    }

    private static byte[] joined(byte[] directory, byte[] name) {
        if (directory.length == 0) {
            return name;
        }
        byte[] path = Arrays.copyOf(slashed(directory), directory.length + 1 + name.length);
        System.arraycopy(name, 0, path, directory.length + 1, name.length);
        return path;
    }

    /** One time through it. */
    private final class Walk {
        private final TarOutput out;
        private final TarWriter writer;
        private final MemorySegment piece;
        /** The first name of each file that has several. */
        private final Map<String, byte[]> firstNames = new HashMap<>();

        Walk(TarOutput out, MemorySegment piece) {
            this.out = out;
            this.piece = piece;
            writer = new TarWriter(out);
        }

        /** @param path of the directory below the top */
        void directory(Fd open, byte[] path, int depth) throws IOException {
            if (depth > depthLimit) {
                throw Failure.exceeded("depth", depth, depthLimit, "limits.depth");
            }
            List<byte[]> directories = new ArrayList<>();
            for (byte[] name : FilesAt.names(open)) {
                byte[] below = joined(path, name);
                if (excluded.match(new String(below, UTF_8))) {
                    continue;
                }
                if (isWhiteout(name)) {
                    throw Failure.invalid("got a name that begins with .wh., which would take others away (remove)")
                            .during("/" + new String(below, UTF_8));
                }
                FileStatus status = FilesAt.status(open, Name.of(name));
                if (status.isDirectory()) {
                    directories.add(name);
                } else {
                    file(open, name, below, status);
                }
            }
            for (byte[] name : directories) {
                byte[] below = joined(path, name);
                try (Fd next = FilesAt.openDirectory(open, Name.of(name))) {
                    if (next == null) {
                        throw changed(below);
                    }
                    write(TarType.DIRECTORY, slashed(inImage(below)), new byte[0], FilesAt.status(next));
                    directory(next, below, depth + 1);
                }
            }
        }

        private void file(Fd in, byte[] name, byte[] below, FileStatus status) throws IOException {
            if (Thread.currentThread().isInterrupted()) {
                throw Failure.of(Category.CANCELLED, "interrupted");
            }
            byte[] path = inImage(below);
            switch (status.mode() & TYPE_BITS) {
                case REGULAR -> regular(in, name, path, below, status);
                case SYMLINK -> write(TarType.SYMLINK, path, FilesAt.readLink(in, Name.of(name)), status);
                case FIFO -> write(TarType.FIFO, path, new byte[0], status);
                default ->
                    throw Failure.invalid("got a socket or a device, wanted files, directories, symlinks and FIFOs")
                            .during("/" + new String(below, UTF_8));
            }
        }

        private void regular(Fd in, byte[] name, byte[] path, byte[] below, FileStatus found) throws IOException {
            String file = found.device() + " " + found.inode();
            byte[] first = found.links() > 1 ? firstNames.putIfAbsent(file, path) : null;
            if (first != null) {
                write(TarType.HARDLINK, path, first, found);
                return;
            }
            try (Fd open = FilesAt.openFile(in, Name.of(name))) {
                // What was found under the name a moment ago may be something else by now.
                FileStatus status = FilesAt.status(open);
                if ((status.mode() & TYPE_BITS) != REGULAR) {
                    throw changed(below);
                }
                TarEntry entry =
                        entry(TarType.REGULAR, path, new byte[0], status).withSize(status.size());
                writer.begin(entry);
                long at = 0;
                while (at < status.size()) {
                    int count = FilesAt.read(open, piece, (int) Math.min(PIECE, status.size() - at), at);
                    if (count == 0) {
                        throw changed(below);
                    }
                    out.write(piece.asByteBuffer().limit(count));
                    at += count;
                }
                writer.end(entry);
            }
        }

        private Failure changed(byte[] below) {
            return Failure.of(Category.CONFLICT, "it was changed meanwhile").during("/" + new String(below, UTF_8));
        }

        private byte[] inImage(byte[] below) {
            return joined(target.getBytes(UTF_8), below);
        }

        void write(TarType type, byte[] name, byte[] link, FileStatus status) throws IOException {
            writer.write(entry(type, name, link, status));
        }

        private TarEntry entry(TarType type, byte[] name, byte[] link, FileStatus status) {
            int mode = type == TarType.SYMLINK ? 0777 : status.permissions();
            return TarEntry.of(type, name, link, mode)
                    .withOwner(owner.uid(), owner.gid())
                    .withTime(created, 0);
        }

        void end() throws IOException {
            writer.finish();
            out.flush();
        }
    }
}
