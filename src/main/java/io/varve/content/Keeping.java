package io.varve.content;

import io.netty.buffer.ByteBuf;

/** What is done with the bytes of a blob that pass by. Owned by one thread at a time. */
sealed interface Keeping permits IncomingBlob, StoredBlob {

    /** Where the stream goes on beyond what an earlier attempt left; the bytes before are to be given too, from the disk. */
    long resumed();

    /**
     * Takes the next bytes; the slab stays the caller's, its indices too.
     *
     * @throws io.varve.failure.Failure Mismatch above the announced size
     */
    void accept(ByteBuf borrowed);

    /** @throws io.varve.failure.Failure Mismatch when size or digest are not those announced */
    void verify();

    /** The blob, for everybody, after {@link #verify}. */
    Blob commit();

    /** What came is of no use to anybody: nothing of it is kept. */
    void reject();

    void close();
}
