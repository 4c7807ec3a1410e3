package io.varve.pipeline;

import io.varve.layout.LayoutReference;
import io.varve.layout.OciLayout;
import io.varve.oci.Descriptor;
import java.nio.channels.ReadableByteChannel;

/** An OCI image layout as a source of images. */
record LayoutSource(OciLayout layout, String location) implements ChannelSource {

    static LayoutSource of(OciLayout layout, LayoutReference reference) {
        LayoutReference all = new LayoutReference(
                reference.form(), reference.path().toAbsolutePath().normalize(), null, null);
        return new LayoutSource(layout, all.toString());
    }

    @Override
    public byte[] read(Descriptor descriptor, long limit) {
        return layout.read(descriptor, limit);
    }

    @Override
    public ReadableByteChannel open(Descriptor blob, long offset) {
        return layout.open(blob, offset);
    }
}
