package io.varve.pipeline;

import io.varve.bus.SlabSink;
import io.varve.oci.Descriptor;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.io.ByteArrayInputStream;
import java.nio.channels.Channels;
import java.util.Objects;

/**
 * What a descriptor carries itself, if that is the blob; else what its source has.
 *
 * @param blob with something embedded
 */
record EmbeddedFeed(Descriptor blob, long offset, Feed otherwise) implements Feed {

    static Feed orElse(Descriptor blob, long offset, Source source) {
        Feed feed = source.feed(blob, offset);
        return blob.data() == null ? feed : new EmbeddedFeed(blob, offset, feed);
    }

    @Override
    public Future<Void> into(SlabSink sink, Context context) {
        return context.executeBlocking(blob::embedded, false)
                .map(Objects::requireNonNull)
                .compose(data -> (data.isPresent() ? of(data.get()) : otherwise).into(sink, context));
    }

    private Feed of(byte[] data) {
        int from = (int) offset;
        return new ChannelFeed(
                () -> Channels.newChannel(new ByteArrayInputStream(data, from, data.length - from)),
                data.length - offset);
    }
}
