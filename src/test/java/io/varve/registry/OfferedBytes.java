package io.varve.registry;

import io.netty.buffer.ByteBuf;
import io.varve.bus.SlabSink;
import io.varve.bus.Slabs;
import io.varve.oci.Descriptor;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A blob of memory that is offered, slab by slab; knows how often it was asked for, and how far it was sent. */
class OfferedBytes implements Offer {
    private final byte[] bytes;
    private final Descriptor blob;
    final List<Long> asked = new CopyOnWriteArrayList<>();
    final List<Long> sent = new CopyOnWriteArrayList<>();
    final Promise<Void> withdrawn = Promise.promise();

    OfferedBytes(byte[] bytes) {
        this(bytes, Setting.layer(bytes));
    }

    /** @param blob of which the bytes need not be */
    OfferedBytes(byte[] bytes, Descriptor blob) {
        this.bytes = bytes;
        this.blob = blob;
    }

    @Override
    public Descriptor blob() {
        return blob;
    }

    @Override
    public Future<Void> from(long offset, SlabSink sink) {
        asked.add(offset);
        Promise<Void> all = Promise.promise();
        next((int) offset, sink, all);
        return all.future();
    }

    private void next(int at, SlabSink sink, Promise<Void> all) {
        if (at == bytes.length) {
            all.complete();
            return;
        }
        sink.ready().onFailure(all::tryFail).onSuccess(ready -> {
            int end = Math.min(bytes.length, at + Slabs.SIZE);
            ByteBuf slab = Slabs.allocate().writeBytes(bytes, at, end - at);
            sink.hand(slab);
            next(end, sink, all);
        });
    }

    @Override
    public void sent(long position) {
        sent.add(position);
    }

    @Override
    public Future<Void> withdrawn() {
        return withdrawn.future();
    }
}
