package io.varve.pipeline;

import io.varve.manifest.LayerPlan;
import io.varve.oci.Digest;
import io.varve.store.Store;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/** Of which blobs it is known what layers they are, because they were decoded. Any thread; may block. */
final class KnownLayers {
    private static final int MOST = 10_000;

    private record Pair(Digest blob, Digest diffId) {
        static Pair of(LayerPlan layer) {
            return new Pair(layer.blob().digest(), layer.diffId());
        }
    }

    private final Predicate<LayerPlan> recorded;

    // What was found lately: images that come at once have layers in common, and are recorded when all of their layers
    // are there.
    private final Map<Pair, Boolean> found = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Pair, Boolean> eldest) {
            return size() > MOST;
        }
    };

    /** @param recorded what was found before, by whomever */
    KnownLayers(Predicate<LayerPlan> recorded) {
        this.recorded = recorded;
    }

    /** What images say that are in the store: none is recorded before that was found to be so. */
    static KnownLayers of(Store store) {
        return new KnownLayers(
                layer -> store.read(catalogue -> catalogue.isLayer(layer.blob().digest(), layer.diffId()))
                        .orElse(false));
    }

    /** Whether the blob decodes to the layer, for sure. */
    boolean has(LayerPlan layer) {
        synchronized (found) {
            if (found.containsKey(Pair.of(layer))) {
                return true;
            }
        }
        return layer.isPlain() || recorded.test(layer);
    }

    /** It was decoded, and is the layer. */
    void add(LayerPlan layer) {
        synchronized (found) {
            found.put(Pair.of(layer), true);
        }
    }
}
