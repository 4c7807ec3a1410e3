package io.varve.layerfs;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/**
 * A committed layer of one file, too big to be written and hashed in a test: its tar is sparse on disk, and its diffId is
 * made up.
 */
public final class BigLayer {
    private static final int HEADERS = 512;

    private BigLayer() {}

    /** @param marks what stands in the file, by offset; the rest is zeros that take no space */
    public static Layer write(Path store, Digest diffId, String name, long size, Map<Long, byte[]> marks)
            throws IOException {
        Path home = Files.createDirectories(store.resolve("layers/sha256").resolve(diffId.hex()));
        Layer layer = new Layer(diffId, home.resolve(LayerFs.TAR), HEADERS + size, home.resolve(LayerFs.CHANGES));
        try (FileChannel tar = create(layer.tar());
                FileChannel file = create(layer.changes())) {
            for (Map.Entry<Long, byte[]> mark : marks.entrySet()) {
                tar.write(ByteBuffer.wrap(mark.getValue()), HEADERS + mark.getKey());
            }
            if (tar.size() < layer.size()) {
                tar.write(ByteBuffer.wrap(new byte[1]), layer.size() - 1);
            }
            ChangesWriter changes = new ChangesWriter(file);
            changes.write(new Change.Put(name.getBytes(UTF_8), inode(size), 0));
            changes.finish(layer.size());
        }
        return layer;
    }

    private static Inode inode(long size) {
        long[] extents = {0, size, HEADERS};
        return new Inode(FileType.REGULAR, 0644, 0, 0, 0, 0, size, 0, 0, Inode.NO_TARGET, List.of(), extents);
    }

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }
}
