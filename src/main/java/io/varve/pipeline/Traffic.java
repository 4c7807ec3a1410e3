package io.varve.pipeline;

import java.util.concurrent.atomic.LongAdder;

/** Bytes that passed through the stages of a process since it began, of whichever pull. Any thread. */
public final class Traffic {
    private final LongAdder network = new LongAdder();
    private final LongAdder cached = new LongAdder();
    private final LongAdder decoded = new LongAdder();
    private final LongAdder assembled = new LongAdder();

    /** What comes on from one count of a flow to the next; a flow that begins again counts from less. */
    static void add(LongAdder to, long before, long now) {
        if (now > before) {
            to.add(now - before);
        }
    }

    LongAdder networkBytes() {
        return network;
    }

    LongAdder cachedBytes() {
        return cached;
    }

    LongAdder decodedBytes() {
        return decoded;
    }

    LongAdder assembledBytes() {
        return assembled;
    }

    /** Of blobs, out of registries and layouts. */
    public long network() {
        return network.sum();
    }

    /** Of blobs, that were here already. */
    public long cached() {
        return cached.sum();
    }

    /** Of tars, out of decoders. */
    public long decoded() {
        return decoded.sum();
    }

    /** Of tars, written to layers. */
    public long assembled() {
        return assembled.sum();
    }
}
