package io.varve.pipeline;

import io.varve.manifest.LayerPlan;

/** Counts what passes through the stages for one layer, each stage on its own thread, and tells the listener. */
final class Meter implements BlobMeter {
    private final LayerPlan layer;
    private final PullListener listener;
    private final Traffic traffic;
    // Each has one writer.
    private volatile long network;
    private volatile long cached;
    private volatile long decoded;
    private volatile long assembled;

    Meter(LayerPlan layer, PullListener listener, Traffic traffic) {
        this.layer = layer;
        this.listener = listener;
        this.traffic = traffic;
    }

    @Override
    public void network(long bytes) {
        Traffic.add(traffic.networkBytes(), network, bytes);
        network = bytes;
        tell();
    }

    @Override
    public void cached(long bytes) {
        Traffic.add(traffic.cachedBytes(), cached, bytes);
        cached = bytes;
        tell();
    }

    /** Whether all of the blob has come from its source. */
    boolean isFetched() {
        return network == layer.blob().size();
    }

    void decoded(long bytes) {
        Traffic.add(traffic.decodedBytes(), decoded, bytes);
        decoded = bytes;
        tell();
    }

    void assembled(long bytes) {
        Traffic.add(traffic.assembledBytes(), assembled, bytes);
        assembled = bytes;
        tell();
    }

    private void tell() {
        listener.advanced(layer, new LayerProgress(network, cached, decoded, assembled));
    }
}
