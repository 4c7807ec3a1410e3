package io.varve.content;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import java.security.MessageDigest;

/** A blob that the store has: hashed again as it is read, because disks forget, or as somebody shows that he has it too. */
final class StoredBlob implements Keeping {
    private final Blob blob;
    private final Descriptor descriptor;
    private final boolean shown;
    private final MessageDigest hash;
    private long given;

    /** @param shown whether the bytes are somebody else's */
    StoredBlob(Blob blob, Descriptor descriptor, boolean shown) {
        this.blob = blob;
        this.descriptor = descriptor;
        this.shown = shown;
        hash = blob.digest().algorithm().hash();
    }

    @Override
    public long resumed() {
        return 0;
    }

    @Override
    public void accept(ByteBuf borrowed) {
        hash.update(borrowed.nioBuffer());
        given += borrowed.readableBytes();
    }

    @Override
    public void verify() {
        if (blob.size() != descriptor.size()) {
            throw Failure.mismatch("size", blob.size(), descriptor.size());
        }
        Digest got = Digest.of(blob.digest().algorithm(), hash);
        if (!got.equals(blob.digest())) {
            throw shown
                    ? Failure.mismatch("digest of " + given + " bytes", got, blob.digest())
                    : Failure.mismatch(
                            "digest of " + given + " bytes in the store",
                            got,
                            blob.digest() + "; `varve verify --repair`");
        }
    }

    @Override
    public Blob commit() {
        return blob;
    }

    @Override
    public void reject() {
        // What is in the store stays until somebody verifies it.
    }

    @Override
    public void close() {
        // It holds nothing.
    }
}
