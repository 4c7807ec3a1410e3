package io.varve.layerfs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.Staging;
import io.varve.tar.TarEntry;
import io.varve.tar.TarLimits;
import io.varve.tar.TarType;
import io.varve.tar.TarWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayerFsIT {
    @TempDir
    Path directory;

    private Path store;
    private LayerFs layers;
    private byte[] tar;
    private Digest diffId;

    @BeforeEach
    void openStore() throws IOException {
        store = directory.resolve("store");
        layers = open();
        tar = tar("a", "b");
        diffId = Digest.sha256(tar);
    }

    private LayerFs open() {
        return new LayerFs(store, new Staging(store.resolve("ingest")), TarLimits.DEFAULTS, LayerLimits.DEFAULTS);
    }

    private static byte[] tar(String... names) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter tar = new TarWriter(out);
        for (String name : names) {
            byte[] content = ("content of " + name).getBytes(UTF_8);
            tar.write(
                    TarEntry.of(TarType.REGULAR, name, "", 0644).withSize(content.length),
                    new ByteArrayInputStream(content));
        }
        tar.finish();
        return out.toByteArray();
    }

    private static void feed(LayerWriter writer, byte[] bytes) {
        ByteBuf slab = Unpooled.directBuffer(Math.max(1, bytes.length)).writeBytes(bytes);
        try {
            writer.accept(slab);
        } finally {
            slab.release();
        }
    }

    private void assertNothingIsThere() {
        assertThat(layers.find(diffId)).isEmpty();
        assertThat(store.resolve("layers")).doesNotExist();
        assertThat(store.resolve("ingest")).isEmptyDirectory();
    }

    @Test
    void placeThatCannotBeLookedAtIsNotOneWithoutALayer() throws IOException {
        Files.createDirectories(store);
        Files.createSymbolicLink(store.resolve("layers"), Path.of("layers"));

        assertThatThrownBy(() -> layers.find(diffId)).isInstanceOf(Failure.class);
    }

    @Test
    void storeThatIsNotThereHasNoLayersAndIsNotMadeByLooking() {
        assertThat(layers.find(diffId)).isEmpty();
        assertThat(store).doesNotExist();
    }

    @Test
    void layerIsSeenByAllOnceItIsCommittedAndByNobodyBefore() {
        try (LayerWriter writer = layers.write(diffId)) {
            feed(writer, Arrays.copyOf(tar, 700));
            feed(writer, Arrays.copyOfRange(tar, 700, tar.length));
            assertThat(writer.size()).isEqualTo(tar.length);
            assertThat(layers.find(diffId)).isEmpty();
            assertThat(store.resolve("layers")).doesNotExist();

            Layer layer = writer.commit();

            Path home = store.resolve("layers/sha256/" + diffId.hex());
            assertThat(layer).isEqualTo(new Layer(diffId, home.resolve("tar"), tar.length, home.resolve("changes")));
            assertThat(open().find(diffId)).contains(layer);
        }
        assertThat(store.resolve("ingest")).isEmptyDirectory();
        Layer layer = layers.find(diffId).orElseThrow();
        assertThat(layer.tar()).hasBinaryContent(tar);
        assertThat(Changes.open(layer.changes())).satisfies(changes -> {
            assertThat(changes.count()).isEqualTo(2);
            assertThat(changes.tarBytes()).isEqualTo(tar.length);
        });
    }

    @Test
    void layerOfAnotherDigestAlgorithmHasAPlaceOfItsOwn() {
        MessageDigest hash = Digest.Algorithm.SHA512.hash();
        hash.update(tar);
        Digest sha512 = Digest.of(Digest.Algorithm.SHA512, hash);
        try (LayerWriter writer = layers.write(sha512)) {
            feed(writer, tar);
            writer.commit();
        }
        assertThat(layers.find(sha512).orElseThrow().tar())
                .isEqualTo(store.resolve("layers/sha512/" + sha512.hex() + "/tar"));
        assertThat(layers.find(diffId)).isEmpty();
    }

    @Test
    void layerThatIsNotWhatItWasPromisedToBeLeavesNothing() {
        byte[] other = tar.clone();
        other[600] ^= 1;
        try (LayerWriter writer = layers.write(diffId)) {
            feed(writer, other);
            assertThatThrownBy(writer::commit)
                    .isInstanceOf(Failure.class)
                    .hasMessage("Mismatch: layer " + diffId + ": diffId of " + tar.length + " bytes: got "
                            + Digest.sha256(other) + ", wanted " + diffId);
        }
        assertNothingIsThere();
    }

    @Test
    void layerThatIsCutOffLeavesNothing() {
        try (LayerWriter writer = layers.write(Digest.sha256(Arrays.copyOf(tar, 520)))) {
            feed(writer, Arrays.copyOf(tar, 520));
            assertThatThrownBy(writer::commit)
                    .isInstanceOf(Failure.class)
                    .hasMessageStartingWith("Invalid: layer sha256:")
                    .hasMessageContaining("entry \"a\" at offset 0")
                    .hasMessageContaining("got the end of the tar");
        }
        assertNothingIsThere();
    }

    @Test
    void layerThatIsGivenUpLeavesNothing() {
        try (LayerWriter writer = layers.write(diffId)) {
            feed(writer, tar);
        }
        assertNothingIsThere();
    }

    @Test
    void failureNamesTheLayerTheEntryAndItsOffset() throws IOException {
        byte[] wrong = tar("fine", "d/../../out");
        try (LayerWriter writer = layers.write(diffId)) {
            assertThatThrownBy(() -> feed(writer, wrong))
                    .isInstanceOf(Failure.class)
                    .hasMessage("Invalid: layer " + diffId
                            + ": entry \"d/../../out\" at offset 1024: the name leads above the root");
        }
        assertNothingIsThere();
    }

    @Test
    void writersOfTheSameLayerAllSucceedAndTheFirstOnesStays() throws IOException {
        try (LayerWriter first = layers.write(diffId);
                LayerWriter second = open().write(diffId)) {
            feed(first, Arrays.copyOf(tar, 100));
            feed(second, tar);
            feed(first, Arrays.copyOfRange(tar, 100, tar.length));
            Layer committed = first.commit();
            Object file = Files.getAttribute(committed.tar(), "unix:ino");

            assertThat(second.commit()).isEqualTo(committed);
            assertThat(Files.getAttribute(committed.tar(), "unix:ino")).isEqualTo(file);
        }
        assertThat(store.resolve("ingest")).isEmptyDirectory();
        assertThat(layers.find(diffId).orElseThrow().tar()).hasBinaryContent(tar);
    }

    @Test
    void slabsStayTheCallersWhateverTheyAreMadeOf() {
        ByteBuf slab = Unpooled.wrappedBuffer(
                Unpooled.directBuffer().writeZero(3).skipBytes(3).writeBytes(tar, 0, 600),
                Unpooled.buffer().writeBytes(tar, 600, tar.length - 600));
        try (LayerWriter writer = layers.write(diffId)) {
            writer.accept(slab);
            assertThat(slab.readableBytes()).isEqualTo(tar.length);
            assertThat(slab.refCnt()).isEqualTo(1);
            writer.commit();
        } finally {
            slab.release();
        }
        assertThat(layers.find(diffId)).isPresent();
    }

    @Test
    void interruptedWriterIsCancelledAndLeavesNothing() {
        try (LayerWriter writer = layers.write(diffId)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> feed(writer, tar))
                    .isInstanceOfSatisfying(
                            Failure.class,
                            failure -> assertThat(failure.category()).isEqualTo(Category.CANCELLED));
        } finally {
            assertThat(Thread.interrupted()).as("the thread stays interrupted").isTrue();
        }
        assertNothingIsThere();
    }

    @Test
    void storeInThePlaceOfAFileIsUnavailable() throws IOException {
        Files.writeString(store, "a file");
        assertThatThrownBy(() -> layers.write(diffId))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Unavailable: writing layer " + diffId);
    }
}
