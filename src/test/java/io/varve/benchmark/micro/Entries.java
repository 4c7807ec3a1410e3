package io.varve.benchmark.micro;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Slabs;
import io.varve.layerfs.Layer;
import io.varve.layerfs.LayerFs;
import io.varve.layerfs.LayerLimits;
import io.varve.layerfs.LayerWriter;
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
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Tars made up for benchmarks, and a stack of them in a temporary directory. */
final class Entries implements AutoCloseable {
    static final int LAYERS = 4;
    static final int OF_ONE_LAYER = 25_000;

    private static final int IN_ONE_DIRECTORY = 100;
    private static final byte[] CONTENT = new byte[100];

    private final Path directory;
    private final LayerFs fs;
    private final List<Layer> stack = new ArrayList<>();

    /** 100,000 entries in four layers, of which each one but the lowest replaces a tenth of the one below and removes some of it. */
    Entries() throws IOException {
        directory = Files.createTempDirectory("varve-benchmark");
        fs = new LayerFs(directory, new Staging(directory.resolve("ingest")), TarLimits.DEFAULTS, LayerLimits.DEFAULTS);
        for (int layer = 0; layer < LAYERS; layer++) {
            try (LayerWriter writer = fs.write()) {
                slabs(tar(layer, OF_ONE_LAYER), writer::accept);
                stack.add(writer.commit());
            }
        }
    }

    LayerFs fs() {
        return fs;
    }

    /** Base first. */
    List<Layer> stack() {
        return stack;
    }

    /** @param layer its number; 0 is the lowest, and has nothing to replace */
    static byte[] tar(int layer, int entries) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter tar = new TarWriter(out);
        for (int i = 0; i < entries; i++) {
            int of = layer > 0 && i % 10 == 0 ? layer - 1 : layer;
            String place = "layer-" + of + "/directory-" + i / IN_ONE_DIRECTORY + "/";
            if (layer > 0 && i % 100 == 0) {
                tar.write(TarEntry.of(TarType.REGULAR, place + ".wh.file-" + (i + 1), "", 0644));
            } else {
                tar.write(
                        TarEntry.of(TarType.REGULAR, place + "file-" + i, "", 0644)
                                .withTime(1_700_000_000, 0)
                                .withSize(CONTENT.length),
                        new ByteArrayInputStream(CONTENT));
            }
        }
        tar.finish();
        return out.toByteArray();
    }

    /** Shows the bytes a slab at a time, as they come from a decoder. */
    static void slabs(byte[] bytes, Consumer<ByteBuf> borrowing) {
        ByteBuf slab = Slabs.allocate();
        try {
            for (int at = 0; at < bytes.length; at += Slabs.SIZE) {
                borrowing.accept(slab.clear().writeBytes(bytes, at, Math.min(Slabs.SIZE, bytes.length - at)));
            }
        } finally {
            slab.release();
        }
    }

    @Override
    public void close() throws IOException {
        Staging.delete(directory);
    }
}
