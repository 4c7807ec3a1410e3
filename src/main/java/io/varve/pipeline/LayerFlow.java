package io.varve.pipeline;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Slabs;
import io.varve.decode.DecodeLimits;
import io.varve.decode.Decoder;
import io.varve.decode.Decoders;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.LayerFs;
import io.varve.layerfs.LayerWriter;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.security.MessageDigest;

/**
 * One layer's way through the stages: its blob is read slab by slab, hashed, decoded, and assembled, with two slabs of
 * memory whatever its size. Owned by one thread.
 */
final class LayerFlow {
    private final LayerPlan plan;
    private final Descriptor blob;
    private final PullListener listener;
    private final MessageDigest hash;
    private long read;

    LayerFlow(LayerPlan plan, PullListener listener) {
        this.plan = plan;
        this.listener = listener;
        blob = plan.blob();
        hash = blob.digest().algorithm().hash();
    }

    /**
     * @return the layer, committed
     * @throws Failure naming the blob and, from where they are known, the entry and its offset
     */
    Layer run(Blobs blobs, LayerFs layers, DecodeLimits limits) {
        try (ReadableByteChannel in = blobs.open(blob);
                LayerWriter writer = layers.write(plan.diffId())) {
            pump(in, writer, limits);
            Layer layer = writer.commit();
            listener.committed(plan);
            return layer;
        } catch (IOException e) {
            throw Failure.from(e).during("reading blob " + blob.digest());
        } catch (Failure e) {
            throw e.during("blob " + blob.digest());
        }
    }

    private void pump(ReadableByteChannel in, LayerWriter writer, DecodeLimits limits) throws IOException {
        ByteBuf compressed = Slabs.allocate();
        ByteBuf tar = null;
        try {
            tar = Slabs.allocate();
            boolean more = fill(in, compressed);
            // Registries hold layers whose media type is wrong about the compression; the bytes are not.
            try (Decoder decoder = Decoders.of(Decoders.sniff(compressed), limits)) {
                while (more) {
                    decode(decoder, compressed, tar, writer);
                    listener.advanced(plan, read, writer.size());
                    more = fill(in, compressed);
                }
                verify();
                decoder.finish();
            }
        } finally {
            compressed.release();
            if (tar != null) {
                tar.release();
            }
        }
    }

    /** Takes the next bytes of the blob, never one more than its descriptor announced; says whether there were any. */
    private boolean fill(ReadableByteChannel in, ByteBuf slab) throws IOException {
        int wanted = (int) Math.min(slab.capacity(), blob.size() - read);
        slab.clear();
        ByteBuffer space = slab.nioBuffer(0, wanted);
        while (space.hasRemaining() && in.read(space) >= 0) {
            // A channel may give a slab in pieces.
        }
        int got = space.position();
        hash.update(space.flip());
        slab.writerIndex(got);
        read += got;
        return got > 0;
    }

    private void decode(Decoder decoder, ByteBuf compressed, ByteBuf tar, LayerWriter writer) {
        Decoder.Progress progress;
        do {
            tar.clear();
            progress = decoder.decode(compressed, tar);
            writer.accept(tar);
        } while (progress == Decoder.Progress.NEEDS_OUTPUT);
    }

    private void verify() {
        if (read != blob.size()) {
            throw Failure.mismatch("size", read, blob.size());
        }
        Digest got = Digest.of(blob.digest().algorithm(), hash);
        if (!got.equals(blob.digest())) {
            throw Failure.mismatch("digest of " + read + " bytes", got, blob.digest());
        }
    }
}
