package io.varve.layerfs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;

/** The tars of a stack, all open at once: who removes a layer meanwhile takes nothing from who reads it. */
final class OpenTars implements AutoCloseable {
    private final List<FileChannel> tars = new ArrayList<>();

    /** @param layers base first */
    static OpenTars of(List<Layer> layers) throws IOException {
        OpenTars open = new OpenTars();
        try {
            for (Layer layer : layers) {
                open.tars.add(layer.open());
            }
            return open;
        } catch (IOException | RuntimeException refused) {
            open.close();
            throw refused;
        }
    }

    private OpenTars() {}

    /** The tar of a layer by its place in the stack. */
    FileChannel of(int layer) {
        return tars.get(layer);
    }

    @Override
    public void close() throws IOException {
        for (FileChannel tar : tars) {
            tar.close();
        }
    }
}
