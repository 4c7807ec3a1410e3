package io.varve.content;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * A blob on its way into the store. What an earlier attempt left is hashed again as it is given, because it may have changed
 * on the disk since the state of its hash was kept.
 */
final class IncomingBlob implements Keeping {
    private final Ingest ingest;
    private final Descriptor descriptor;
    private final long resumed;
    private final @Nullable MessageDigest again;
    private long given;

    /** @param owned closed with this */
    IncomingBlob(Ingest owned, Descriptor descriptor) {
        ingest = owned;
        this.descriptor = descriptor;
        resumed = owned.position();
        again = resumed > 0 ? descriptor.digest().algorithm().hash() : null;
    }

    @Override
    public long resumed() {
        return resumed;
    }

    @Override
    public void accept(ByteBuf borrowed) {
        if (again != null) {
            again.update(borrowed.nioBuffer());
        }
        if (given >= resumed) {
            ingest.accept(borrowed);
        }
        given += borrowed.readableBytes();
    }

    @Override
    public void verify() {
        if (again != null && given == descriptor.size()) {
            Digest got = Digest.of(descriptor.digest().algorithm(), again);
            if (!got.equals(descriptor.digest())) {
                throw Failure.mismatch("digest of " + given + " resumed bytes", got, descriptor.digest());
            }
        }
        ingest.verify();
    }

    @Override
    public Blob commit() {
        return ingest.commit();
    }

    @Override
    public void reject() {
        ingest.reject();
    }

    @Override
    public void close() {
        ingest.close();
    }
}
