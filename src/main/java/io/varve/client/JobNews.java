package io.varve.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.varve.pipeline.LayerProgress;
import io.varve.pipeline.PullListener;

/** What a job's events say of its layers, told to whoever listens to a pull. Belongs to one event loop. */
final class JobNews {
    /** Events do not say what a blob is, and nobody who listens looks. */
    private static final MediaType BLOB = MediaType.parse("application/octet-stream");

    private final PullListener listener;
    private int noted;

    JobNews(PullListener listener) {
        this.listener = listener;
    }

    void tell(ObjectNode event) {
        JsonNode notes = event.path("notes");
        for (; noted < notes.size(); noted++) {
            listener.noted(notes.get(noted).textValue());
        }
        for (JsonNode layer : event.path("layers")) {
            if (layer.has("step")) {
                built(layer);
                continue;
            }
            Descriptor blob = Descriptor.of(
                    BLOB,
                    Digest.parse(layer.get("digest").textValue()),
                    layer.get("size").longValue());
            LayerProgress progress = new LayerProgress(
                    layer.get("network").longValue(),
                    layer.get("cached").longValue(),
                    layer.get("decoded").longValue(),
                    layer.get("assembled").longValue());
            String state = layer.get("state").textValue();
            if (layer.has("diffId")) {
                tell(new LayerPlan(blob, Digest.parse(layer.get("diffId").textValue())), state, progress);
            } else {
                tell(blob, state, progress);
            }
        }
    }

    private void built(JsonNode layer) {
        String step = layer.get("step").textValue();
        long size = layer.get("size").longValue();
        listener.advanced(step, layer.get("assembled").longValue(), size);
        if (layer.has("digest")) {
            listener.made(
                    step, Descriptor.of(BLOB, Digest.parse(layer.get("digest").textValue()), size));
        }
    }

    private void tell(LayerPlan layer, String state, LayerProgress progress) {
        switch (state) {
            case "waiting" -> listener.waiting(layer);
            case "cached" -> listener.cached(layer);
            case "committed" -> {
                listener.advanced(layer, progress);
                listener.committed(layer);
            }
            default -> listener.advanced(layer, progress);
        }
    }

    private void tell(Descriptor blob, String state, LayerProgress progress) {
        switch (state) {
            case "waiting" -> listener.waiting(blob);
            case "cached" -> listener.cached(blob);
            case "committed" -> {
                listener.advanced(blob, progress.network(), progress.cached());
                listener.committed(blob);
            }
            default -> listener.advanced(blob, progress.network(), progress.cached());
        }
    }
}
