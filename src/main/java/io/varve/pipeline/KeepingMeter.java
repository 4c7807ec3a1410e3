package io.varve.pipeline;

import io.varve.oci.Descriptor;

/** How far a blob is that is kept as it is; each count has one writer. */
final class KeepingMeter implements BlobMeter {
    private final Descriptor blob;
    private final PullListener listener;
    private final Traffic traffic;
    private volatile long network;
    private volatile long cached;

    KeepingMeter(Descriptor blob, PullListener listener, Traffic traffic) {
        this.blob = blob;
        this.listener = listener;
        this.traffic = traffic;
    }

    /** Whether all of it has come from its source. */
    boolean isFetched() {
        return network == blob.size();
    }

    @Override
    public void network(long bytes) {
        Traffic.add(traffic.networkBytes(), network, bytes);
        network = bytes;
        listener.advanced(blob, network, cached);
    }

    @Override
    public void cached(long bytes) {
        Traffic.add(traffic.cachedBytes(), cached, bytes);
        cached = bytes;
        listener.advanced(blob, network, cached);
    }
}
