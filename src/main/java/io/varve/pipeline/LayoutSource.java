package io.varve.pipeline;

import io.varve.layout.LayoutReference;
import io.varve.layout.OciLayout;
import io.varve.oci.Descriptor;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * An OCI image layout as a source of images.
 *
 * @param location null for one that is gone afterwards
 */
public record LayoutSource(OciLayout layout, @Nullable String location) implements ChannelSource {

    public static LayoutSource of(OciLayout layout, LayoutReference reference) {
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
