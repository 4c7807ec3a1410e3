package io.varve.image;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Slabs;
import io.varve.erofs.ErofsLimits;
import io.varve.erofs.Indexes;
import io.varve.layerfs.BigLayer;
import io.varve.layerfs.Layer;
import io.varve.layerfs.LayerFs;
import io.varve.layerfs.LayerLimits;
import io.varve.layerfs.LayerWriter;
import io.varve.layerfs.Tree;
import io.varve.oci.ChainId;
import io.varve.oci.Digest;
import io.varve.os.Staging;
import io.varve.tar.TarLimits;
import io.varve.view.Index;
import io.varve.view.ViewOptions;
import io.varve.view.Views;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stacks as large as anybody has them, from tars to what the kernel shows. */
class ScaleIT {
    private static final int BLOCK = 512;

    @TempDir
    Path directory;

    private Path store;
    private LayerFs layers;

    @BeforeAll
    static void needKernelMounts() {
        Peers.needKernelMounts();
    }

    @BeforeEach
    void openStore() {
        store = directory.resolve("store");
        layers = new LayerFs(store, new Staging(store.resolve("ingest")), TarLimits.DEFAULTS, LayerLimits.DEFAULTS);
    }

    /** What is looked at while the stack is mounted. */
    @FunctionalInterface
    private interface Look {
        void at(Path root) throws IOException;
    }

    private void mounted(List<Layer> stack, Tree tree, Look look) throws IOException {
        Digest chainId = ChainId.of(stack.stream().map(Layer::diffId).toList()).digest();
        Path index = new Indexes(store, new Staging(store.resolve("ingest")), ErofsLimits.DEFAULTS)
                .index(chainId, stack, () -> tree);
        Views views = new Views(store.resolve("views"));
        Path mountPoint = directory.resolve("mounted");
        views.mount(
                new Index(chainId, index, stack.stream().map(Layer::tar).toList()),
                mountPoint,
                new ViewOptions(false, true, true));
        try {
            look.at(mountPoint);
        } finally {
            views.unmount(mountPoint);
        }
    }

    private Layer write(byte[] tar) {
        try (LayerWriter writer = layers.write(Digest.sha256(tar))) {
            for (int at = 0; at < tar.length; at += Slabs.SIZE) {
                ByteBuf slab = Slabs.allocate();
                try {
                    writer.accept(slab.writeBytes(tar, at, Math.min(Slabs.SIZE, tar.length - at)));
                } finally {
                    slab.release();
                }
            }
            return writer.commit();
        }
    }

    /** A layer of empty files, which is written twice: to know its diffId, and to be stored. */
    private Layer emptyFiles(int count, IntFunction<String> names) {
        MessageDigest hash = Digest.Algorithm.SHA256.hash();
        EmptyFiles files = new EmptyFiles(names);
        files.show(count, slab -> hash.update(slab.nioBuffer()));
        try (LayerWriter writer = layers.write(Digest.of(Digest.Algorithm.SHA256, hash))) {
            files.show(count, writer::accept);
            return writer.commit();
        }
    }

    /** Headers of empty files: one header, of which the name and the checksum change. */
    private static final class EmptyFiles {
        private final IntFunction<String> names;
        private final byte[] header = new byte[BLOCK];
        private final int sum;

        EmptyFiles(IntFunction<String> names) {
            this.names = names;
            System.arraycopy("0000644".getBytes(US_ASCII), 0, header, 100, 7);
            System.arraycopy("ustar\00000".getBytes(US_ASCII), 0, header, 257, 8);
            header[156] = '0';
            int bytes = 8 * ' ';
            for (byte each : header) {
                bytes += each;
            }
            sum = bytes;
        }

        /** Each slab is one of its own: who borrows it may retain it. */
        void show(int count, Consumer<ByteBuf> borrowing) {
            for (int at = 0; at < count; ) {
                ByteBuf slab = Slabs.allocate();
                try {
                    at = fill(slab, at, count);
                    borrowing.accept(slab);
                } finally {
                    slab.release();
                }
            }
        }

        private int fill(ByteBuf slab, int from, int to) {
            int at = from;
            for (; at < to && slab.writableBytes() >= BLOCK; at++) {
                byte[] name = names.apply(at).getBytes(US_ASCII);
                int bytes = sum;
                for (byte each : name) {
                    bytes += each;
                }
                int start = slab.writerIndex();
                slab.writeBytes(header);
                slab.setBytes(start, name);
                for (int digit = 5; digit >= 0; digit--, bytes >>= 3) {
                    slab.setByte(start + 148 + digit, '0' + (bytes & 7));
                }
                slab.setByte(start + 155, ' ');
            }
            return at;
        }
    }

    @Test
    void sixHundredLayersAreOneFilesystem() throws IOException {
        List<Layer> stack = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            Tarball tar =
                    new Tarball().file("of-every-layer", "of layer " + i).file("layers/" + i, "content of layer " + i);
            if (i % 3 == 2) {
                tar.whiteout("layers/" + (i - 1));
            }
            stack.add(write(tar.bytes()));
        }

        mounted(stack, layers.merge(stack), root -> {
            assertThat(root.resolve("of-every-layer")).hasContent("of layer 599");
            for (int i = 0; i < 600; i++) {
                Path file = root.resolve("layers/" + i);
                if (i % 3 == 1) {
                    assertThat(file).doesNotExist();
                } else {
                    assertThat(file).hasContent("content of layer " + i);
                }
            }
            assertThat(names(root.resolve("layers"))).isEqualTo(400);
        });
    }

    /** 5 GiB of a tar: its blocks' numbers need more than 32 bits as bytes, and the file more than an int. */
    @Test
    void fileOfFiveGibibytesIsReadWhereItStandsInItsTar() throws IOException {
        long size = (5L << 30) + 5;
        byte[] mark = "here".getBytes(UTF_8);
        List<Long> places = List.of(0L, (1L << 31) - 2, (1L << 32) - BLOCK - 2, (1L << 32) - 2, size - 4);
        Map<Long, byte[]> marks = new HashMap<>();
        places.forEach(place -> marks.put(place, mark));
        List<Layer> stack = List.of(
                write(new Tarball().file("below", "below").bytes()),
                BigLayer.write(store, Digest.sha256(mark), "big", size, marks));

        mounted(stack, layers.merge(stack), root -> assertMarks(root.resolve("big"), size, mark, places));
    }

    @Test
    void sparseFileOfFiveGibibytesTakesNoSpace() throws IOException {
        long size = 5L << 30;
        byte[] mark = "here".getBytes(UTF_8);
        long far = (1L << 32) + 4096;
        byte[] data = new byte[BLOCK + mark.length];
        System.arraycopy(mark, 0, data, 0, mark.length);
        System.arraycopy(mark, 0, data, BLOCK, mark.length);
        long[] map = {0, BLOCK, far, mark.length, size, 0};
        List<Layer> stack =
                List.of(write(new Tarball().sparse("big", size, map, data).bytes()));

        mounted(stack, layers.merge(stack), root -> assertMarks(root.resolve("big"), size, mark, List.of(0L, far)));
        assertThat(stack.getFirst().size()).isLessThan(10_000);
    }

    private static void assertMarks(Path file, long size, byte[] mark, List<Long> places) throws IOException {
        assertThat(Files.size(file)).isEqualTo(size);
        try (FileChannel channel = FileChannel.open(file)) {
            for (long place : places) {
                ByteBuffer got = ByteBuffer.allocate(mark.length);
                channel.read(got, place);
                assertThat(got.array()).as("at %d", place).isEqualTo(mark);
            }
            ByteBuffer between = ByteBuffer.allocate(1 << 20);
            channel.read(between, 3L << 30);
            assertThat(between.array()).containsOnly(0);
        }
    }

    /** One directory in which a name is not found by looking at all, and many, with a million names between them. */
    @Test
    void millionEntriesOfWhichSixtyThousandAreInOneDirectory() throws IOException {
        int crowd = 60_000;
        int all = 1_000_000;
        Layer layer = emptyFiles(
                all, i -> i < crowd ? "crowd/file-" + i : "many/" + i / 1_000 + "/a-longer-name-" + i % 1_000);
        List<Layer> stack = List.of(layer);
        Tree tree = layers.merge(stack);
        int directories = 1 + 2 + (all - crowd) / 1_000;
        assertThat(tree.inodes()).isEqualTo(all + directories);

        mounted(stack, tree, root -> {
            assertThat(names(root.resolve("crowd"))).isEqualTo(crowd);
            for (int i : new int[] {0, 1, 9, 10, 9_999, 10_000, 33_333, crowd - 1}) {
                assertThat(root.resolve("crowd/file-" + i)).isEmptyFile();
            }
            assertThat(root.resolve("crowd/file-" + crowd)).doesNotExist();
            assertThat(root.resolve("crowd/file-")).doesNotExist();

            assertThat(names(root.resolve("many"))).isEqualTo((all - crowd) / 1_000);
            for (int i : new int[] {crowd / 1_000, 500, all / 1_000 - 1}) {
                assertThat(names(root.resolve("many/" + i))).isEqualTo(1_000);
                assertThat(root.resolve("many/" + i + "/a-longer-name-999")).isEmptyFile();
            }
        });
    }

    private static int names(Path directory) throws IOException {
        int count = 0;
        try (DirectoryStream<Path> names = Files.newDirectoryStream(directory)) {
            for (Path ignored : names) {
                count++;
            }
        }
        return count;
    }
}
