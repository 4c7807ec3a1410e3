package io.varve.archive;

import io.varve.layerfs.TreeTar;
import io.varve.pipeline.Image;
import java.nio.channels.WritableByteChannel;
import java.util.Locale;

/** All that an image shows, as one tar. */
record RootfsExport(Image image) implements ImageArchive {
    @Override
    public void writeTo(WritableByteChannel out) {
        TreeTar.write(image.tree(), image.layers(), out);
    }

    @Override
    public String summary() {
        return String.format(Locale.ROOT, "%,d names", image.tree().entries());
    }
}
