package io.varve.job;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Json;
import io.varve.pipeline.LayerProgress;
import io.varve.pipeline.PullListener;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a task is, layer by layer. What the stages say on their threads is only noted, with the number of the change, so that
 * whoever has seen some of it is told the rest:
 *
 * <pre>
 *   {"diffId": …, "digest": …, "size": …, "state": "waiting | active | cached | committed",
 *    "network": …, "cached": …, "decoded": …, "assembled": …}
 * </pre>
 *
 * <p>A layer that is built has {@code step}, which is made of what, instead of {@code diffId}; its {@code digest} is told when it is committed,
 * and {@code size} are the bytes of its blob so far. A blob of an artifact, and one that is pushed, has no {@code diffId}; of one that is pushed {@code network} are the bytes that were
 * sent. Sizes are bytes: of the blob, and as {@link LayerProgress} has them. Only the first 2,000 are known: a pull of all platforms brings as many
 * layers as all of its manifests list, and what is known of them is kept when the job has ended.
 */
final class Facts implements PullListener {
    private static final int MOST_NOTES = 20;
    private static final int MOST_LAYERS = 2000;
    private static final LayerProgress NOTHING = new LayerProgress(0, 0, 0, 0);

    private enum State {
        WAITING("waiting"),
        ACTIVE("active"),
        CACHED("cached"),
        COMMITTED("committed");

        final String word;

        State(String word) {
            this.word = word;
        }
    }

    /** What is known of a layer, or of a blob of an artifact. Guarded by the facts. */
    private static final class Known {
        // What it is told by, and how it is called there; none for a blob of an artifact.
        final String field;
        final String name;
        // Empty while it is not known.
        String digest = "";
        long size;
        State state = State.WAITING;
        LayerProgress progress = NOTHING;
        long changed;

        Known(String field, String name) {
            this.field = field;
            this.name = name;
        }

        Known of(Descriptor blob) {
            digest = blob.digest().toString();
            size = blob.size();
            return this;
        }
    }

    private final Pulse pulse;
    // By diffId or digest, as they came; guarded by this.
    private final Map<String, Known> layers = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private boolean fetched;
    // All of it as it was told last; null when something has changed since.
    private @Nullable Part whole;

    Facts(Pulse pulse) {
        this.pulse = pulse;
    }

    @Override
    public void planned(ImagePlan plan) {
        plan.layers().forEach(this::waiting);
    }

    @Override
    public void planned(String subject, ArtifactPlan plan) {
        PullListener.super.planned(subject, plan);
        plan.blobs().forEach(blob -> note(blob, State.WAITING, NOTHING));
    }

    /** An image index may list any number of entries that are no images. */
    @Override
    public void noted(String line) {
        synchronized (this) {
            if (notes.size() == MOST_NOTES) {
                return;
            }
            notes.add(line);
            whole = null;
        }
        pulse.beat();
    }

    /**
     * What is told of it. Nobody changes it: whoever asks for the same has the same.
     *
     * @param notes what people should know, in the order it came up
     * @param total all of it in bytes, added up
     */
    record Part(List<String> notes, ObjectNode total, ArrayNode layers) {}

    /** With the layers of which something was noted behind that change; all of them behind 0. */
    synchronized Part since(long known) {
        if (known > 0) {
            return new Part(List.copyOf(notes), total(), layers(known));
        }
        Part last = whole;
        if (last == null) {
            last = new Part(List.copyOf(notes), total(), layers(0));
            whole = last;
        }
        return last;
    }

    @Override
    public void waiting(LayerPlan layer) {
        note(layer, State.WAITING, NOTHING);
    }

    @Override
    public void cached(LayerPlan layer) {
        note(layer, State.CACHED, new LayerProgress(0, layer.blob().size(), 0, 0));
    }

    @Override
    public void advanced(LayerPlan layer, LayerProgress progress) {
        note(layer, State.ACTIVE, progress);
    }

    @Override
    public void committed(LayerPlan layer) {
        committed(layer.diffId().toString());
    }

    @Override
    public void waiting(Descriptor blob) {
        note(blob, State.WAITING, NOTHING);
    }

    @Override
    public void cached(Descriptor blob) {
        note(blob, State.CACHED, new LayerProgress(0, blob.size(), 0, 0));
    }

    @Override
    public void advanced(Descriptor blob, long network, long cached) {
        note(blob, State.ACTIVE, new LayerProgress(network, cached, 0, 0));
    }

    @Override
    public void committed(Descriptor blob) {
        committed(blob.digest().toString());
    }

    @Override
    public void advanced(String step, long tar, long blob) {
        note(step, new Known("step", step), State.ACTIVE, new LayerProgress(0, 0, tar, tar), blob);
    }

    @Override
    public void made(String step, Descriptor blob) {
        synchronized (this) {
            Known known = layers.get(step);
            if (known != null) {
                known.of(blob);
            }
        }
        committed(step);
    }

    private void note(LayerPlan layer, State state, LayerProgress progress) {
        String diffId = layer.diffId().toString();
        note(diffId, new Known("diffId", diffId).of(layer.blob()), state, progress);
    }

    private void note(Descriptor blob, State state, LayerProgress progress) {
        note(blob.digest().toString(), new Known("", "").of(blob), state, progress);
    }

    private void note(String key, Known first, State state, LayerProgress progress) {
        note(key, first, state, progress, first.size);
    }

    private void note(String key, Known first, State state, LayerProgress progress, long size) {
        synchronized (this) {
            fetched |= progress.network() > 0;
            Known known = layers.size() < MOST_LAYERS ? layers.computeIfAbsent(key, absent -> first) : layers.get(key);
            // A word that was late takes nothing back.
            if (known == null || known.state == State.COMMITTED || state.compareTo(known.state) < 0) {
                return;
            }
            known.state = state;
            known.progress = progress;
            known.size = size;
            known.changed = pulse.beats() + 1;
            whole = null;
        }
        pulse.beat();
    }

    private void committed(String key) {
        synchronized (this) {
            Known known = layers.get(key);
            if (known == null) {
                return;
            }
            known.state = State.COMMITTED;
            known.changed = pulse.beats() + 1;
            whole = null;
        }
        pulse.beat();
    }

    /** Whether nothing had to be fetched so far. */
    synchronized boolean isCached() {
        return !fetched;
    }

    private ObjectNode total() {
        long network = 0;
        long cached = 0;
        long decoded = 0;
        long assembled = 0;
        long size = 0;
        for (Known known : layers.values()) {
            network += known.progress.network();
            cached += known.progress.cached();
            decoded += known.progress.decoded();
            assembled += known.progress.assembled();
            size += known.size;
        }
        return Json.object()
                .put("size", size)
                .put("network", network)
                .put("cached", cached)
                .put("decoded", decoded)
                .put("assembled", assembled);
    }

    private ArrayNode layers(long known) {
        ArrayNode told = Json.object().putArray("layers");
        for (Known each : layers.values()) {
            if (each.changed > known) {
                ObjectNode json = told.addObject();
                if (!each.field.isEmpty()) {
                    json.put(each.field, each.name);
                }
                if (!each.digest.isEmpty()) {
                    json.put("digest", each.digest);
                }
                json.put("size", each.size)
                        .put("state", each.state.word)
                        .put("network", each.progress.network())
                        .put("cached", each.progress.cached())
                        .put("decoded", each.progress.decoded())
                        .put("assembled", each.progress.assembled());
            }
        }
        return told;
    }
}
