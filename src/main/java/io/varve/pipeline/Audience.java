package io.varve.pipeline;

import io.varve.manifest.LayerPlan;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Everybody who waits for one layer, whichever of them brings it: each hears how far it is, and whoever comes later begins with
 * what was said last. They come and go on the conducting context.
 */
final class Audience implements PullListener {
    private final List<PullListener> listeners = new CopyOnWriteArrayList<>();
    private volatile @Nullable LayerProgress last;

    void join(LayerPlan layer, PullListener listener) {
        listeners.add(listener);
        LayerProgress progress = last;
        if (progress != null) {
            listener.advanced(layer, progress);
        }
    }

    /** Whether that was the last one. */
    boolean leave(PullListener listener) {
        listeners.remove(listener);
        return listeners.isEmpty();
    }

    @Override
    public void advanced(LayerPlan layer, LayerProgress progress) {
        last = progress;
        for (PullListener each : listeners) {
            each.advanced(layer, progress);
        }
    }

    @Override
    public void committed(LayerPlan layer) {
        for (PullListener each : listeners) {
            each.committed(layer);
        }
    }
}
