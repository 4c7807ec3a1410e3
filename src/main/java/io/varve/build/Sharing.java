package io.varve.build;

import io.varve.encode.Encoding;
import io.varve.oci.Digest;
import io.varve.pipeline.LayerMaking;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Layers on their way that several builds want: the first makes them for all. Belongs to the conducting context. */
final class Sharing {
    private record Key(Digest diffId, String location) {}

    private final Map<Key, Shared> making = new HashMap<>();

    /** The layer that somebody else makes; null when nobody does. */
    @Nullable
    Shared join(Digest diffId, Encoding encoding) {
        Shared there = making.get(new Key(diffId, encoding.location()));
        if (there != null) {
            there.users++;
        }
        return there;
    }

    /** @param draft of what the caller makes; when it fails, or is another layer after all, whoever comes then is the first again */
    Shared begin(Digest diffId, Encoding encoding, LayerMaking layer, Future<LayerMaking.Draft> draft) {
        Key key = new Key(diffId, encoding.location());
        Shared shared = new Shared(key, layer, draft);
        making.put(key, shared);
        draft.onComplete(done -> {
            if (done.failed() || !done.result().diffId().equals(diffId)) {
                making.remove(key, shared);
            }
        });
        return shared;
    }

    /** One of them, which is each user's to {@link #leave}. */
    final class Shared {
        private final Key key;
        private final LayerMaking layer;
        private final Future<LayerMaking.Draft> draft;
        private int users = 1;

        private Shared(Key key, LayerMaking layer, Future<LayerMaking.Draft> draft) {
            this.key = key;
            this.layer = layer;
            this.draft = draft;
        }

        LayerMaking layer() {
            return layer;
        }

        Future<LayerMaking.Draft> draft() {
            return draft;
        }

        /** The last one closes it. Never fails. */
        Future<Void> leave() {
            if (--users > 0) {
                return Future.succeededFuture();
            }
            making.remove(key, this);
            return layer.close();
        }
    }
}
