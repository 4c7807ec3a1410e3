package io.varve.erofs;

import static io.varve.erofs.Format.BLOCK;
import static io.varve.erofs.Format.malformed;

import io.varve.failure.Failure;
import io.varve.layerfs.FileBytes;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Filesystem;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an index shows, read where it stands in the file: a few blocks for each path, however large the image is. It finds names and bytes
 * as the kernel does that has the index mounted.
 *
 * <p>A damaged index may show anything, but memory and time stay in proportion to what was asked for; what cannot be read is refused
 * with the byte offset. Owned by one thread; blocks on the disk.
 */
public final class IndexedFilesystem implements Filesystem, Closeable {
    private static final int WINDOW = 1 << 12;

    private final Path path;
    private final FileChannel index;
    private final SuperBlock superBlock;
    private final long nidBase;
    private final IndexInput inodes;
    private final IndexInput content;
    private final Dirents dirents = new Dirents();
    // What was asked for last, since one inode is asked for one thing after another.
    private @Nullable InodeFields last;
    private int lastInode;

    private IndexedFilesystem(Path path, FileChannel index, List<Layer> layers) throws IOException {
        this.path = path;
        this.index = index;
        superBlock = SuperBlock.read(index, layers);
        nidBase = Format.nidBase(layers.size());
        long filesystem = superBlock.blocks() * BLOCK;
        inodes = new IndexInput(index, filesystem, WINDOW);
        content = new IndexInput(index, filesystem, WINDOW);
    }

    /**
     * @param layers of the stack, base first
     * @throws Failure Invalid when it is no index, Mismatch when it is of other layers
     */
    static IndexedFilesystem open(Path path, List<Layer> layers) throws IOException {
        FileChannel index = FileChannel.open(path, StandardOpenOption.READ);
        try {
            return new IndexedFilesystem(path, index, layers);
        } catch (IOException | RuntimeException e) {
            index.close();
            throw e;
        }
    }

    @Override
    public FileType type(int inode) {
        return fields(inode).type();
    }

    @Override
    public int mode(int inode) {
        return fields(inode).mode();
    }

    @Override
    public int uid(int inode) {
        return fields(inode).uid();
    }

    @Override
    public int gid(int inode) {
        return fields(inode).gid();
    }

    @Override
    public long mtime(int inode) {
        return fields(inode).mtime();
    }

    @Override
    public int nanos(int inode) {
        return fields(inode).nanos();
    }

    @Override
    public long size(int inode) {
        InodeFields fields = fields(inode);
        return fields.type() == FileType.DIRECTORY ? 0 : fields.size();
    }

    @Override
    public int links(int inode) {
        return fields(inode).links();
    }

    @Override
    public int major(int inode) {
        return fields(inode).major();
    }

    @Override
    public int minor(int inode) {
        return fields(inode).minor();
    }

    @Override
    public byte[] target(int symlink) {
        InodeFields fields = fields(symlink);
        if (fields.type() != FileType.SYMLINK) {
            return new byte[0];
        }
        byte[] target = new byte[(int) fields.size()];
        try {
            content.bytes(fields.content().offset(0), target, target.length);
        } catch (IOException | Failure e) {
            throw refused(e);
        }
        return target;
    }

    @Override
    public int find(int directory, byte[] name, int from, int to) {
        InodeFields.Content names = directory(directory).content();
        long low = 0;
        long high = Format.blocks(names.size()) - 1;
        try {
            // The last block that begins with the name or one before it.
            while (low < high) {
                long middle = (low + high + 1) >>> 1;
                load(dirents, names, middle);
                dirents.select(0);
                if (dirents.compareTo(name, from, to) <= 0) {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            load(dirents, names, low);
            return inBlock(directory, name, from, to);
        } catch (IOException | Failure e) {
            throw refused(e);
        }
    }

    /** The inode of a name in the block that is loaded. */
    private int inBlock(int directory, byte[] name, int from, int to) {
        int low = 0;
        int high = dirents.count() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            dirents.select(middle);
            int order = dirents.compareTo(name, from, to);
            if (order == 0) {
                return named(dirents, directory);
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return Tree.NONE;
    }

    @Override
    public Names list(int directory) {
        return new Listed(directory, directory(directory).content());
    }

    /** The names of a directory but those for itself and its parent. */
    private final class Listed implements Names {
        private final int directory;
        private final InodeFields.Content names;
        private final Dirents here = new Dirents();
        private long block = -1;
        private int next;
        private int inode;

        private Listed(int directory, InodeFields.Content names) {
            this.directory = directory;
            this.names = names;
        }

        @Override
        public boolean next() {
            try {
                do {
                    if (next == here.count()) {
                        if (++block == Format.blocks(names.size())) {
                            return false;
                        }
                        load(here, names, block);
                        next = 0;
                    }
                    here.select(next++);
                } while (here.isDot() || here.isDots());
                inode = named(here, directory);
                return true;
            } catch (IOException | Failure e) {
                throw refused(e);
            }
        }

        @Override
        public byte[] name() {
            return here.name();
        }

        @Override
        public int inode() {
            return inode;
        }

        @Override
        public boolean isDirectory() {
            return here.type() == Format.direntType(FileType.DIRECTORY);
        }
    }

    @Override
    public void copy(int inode, List<Layer> layers, WritableByteChannel out) throws IOException {
        InodeFields file = fields(inode);
        FileBytes.checkRegular(file.type());
        if (!file.isChunked()) {
            return;
        }
        InodeFields.ChunkTable chunks = file.chunks(superBlock);
        try (Copying copying = new Copying(layers, out)) {
            for (long chunk = 0; chunk < chunks.count(); chunk++) {
                long at = chunks.index(chunk);
                long length = Math.min((long) BLOCK << chunks.bits(), file.size() - chunks.offset(chunk));
                copying.chunk(at, inodes.u16(at + 2), inodes.u32(at + 4), length);
            }
            copying.flush();
        }
    }

    /** The chunks of one file on their way; those that follow each other where they come from go at once. */
    private final class Copying implements Closeable {
        private static final int HOLE = -1;

        private final List<Layer> layers;
        private final WritableByteChannel out;
        private @Nullable FileChannel tar;
        private int tarDevice;
        // What is not written yet.
        private int device = HOLE;
        private long from;
        private long length;

        private Copying(List<Layer> layers, WritableByteChannel out) {
            this.layers = layers;
            this.out = out;
        }

        private void chunk(long at, int chunkDevice, long block, long bytes) throws IOException {
            boolean hole = block == Integer.toUnsignedLong(Format.HOLE);
            if (!hole && chunkDevice > layers.size()) {
                throw malformed(at, "device of a chunk", chunkDevice, "at most " + layers.size());
            }
            int next = hole ? HOLE : chunkDevice;
            if (next != device || (!hole && from + length != block * BLOCK)) {
                flush();
                device = next;
                from = block * BLOCK;
                length = 0;
            }
            length += bytes;
        }

        private void flush() throws IOException {
            if (device == HOLE) {
                FileBytes.zeros(length, out);
            } else {
                FileBytes.transfer(device == 0 ? index : tar(), from, length, out);
            }
        }

        private FileChannel tar() throws IOException {
            FileChannel open = tar;
            if (open == null || tarDevice != device) {
                close();
                open = layers.get(device - 1).open();
                tar = open;
                tarDevice = device;
            }
            return open;
        }

        @Override
        public void close() throws IOException {
            if (tar != null) {
                tar.close();
            }
        }
    }

    private void load(Dirents into, InodeFields.Content names, long block) throws IOException {
        long at = block * BLOCK;
        into.load(content, names.offset(at), (int) Math.min(BLOCK, names.size() - at));
    }

    /** What a name in a directory leads to; directories come behind the ones they are in, so whoever goes down comes to an end. */
    private static int named(Dirents name, int directory) {
        long nid = name.nid();
        long from = name.type() == Format.direntType(FileType.DIRECTORY) ? nid(directory) + 1 : Format.ROOT_NID;
        if (nid < from || nid > Integer.MAX_VALUE) {
            throw malformed(name.place(), "nid", nid, from + " to " + Integer.MAX_VALUE);
        }
        // So that the root is 0.
        return (int) nid - Format.ROOT_NID;
    }

    private static long nid(int inode) {
        return (long) inode + Format.ROOT_NID;
    }

    private InodeFields directory(int inode) {
        InodeFields fields = fields(inode);
        if (fields.type() != FileType.DIRECTORY) {
            throw refused(malformed(fields.at() + 4, "type", fields.type(), FileType.DIRECTORY));
        }
        return fields;
    }

    private InodeFields fields(int inode) {
        InodeFields known = last;
        if (known == null || lastInode != inode) {
            try {
                known = InodeFields.read(inodes, nidBase + (nid(inode) << Format.NID_BITS));
            } catch (IOException | Failure e) {
                throw refused(e);
            }
            last = known;
            lastInode = inode;
        }
        return known;
    }

    private Failure refused(Exception e) {
        return Failure.from(e).during("reading index " + path);
    }

    @Override
    public void close() throws IOException {
        index.close();
    }
}
