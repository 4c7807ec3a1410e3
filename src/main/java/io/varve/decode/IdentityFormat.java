package io.varve.decode;

import java.nio.ByteBuffer;

/** A tar that came as it is. */
final class IdentityFormat implements Format {

    @Override
    public void decode(ByteBuffer source, ByteBuffer target, long origin) {
        int limit = source.limit();
        source.limit(source.position() + Math.min(source.remaining(), target.remaining()));
        target.put(source);
        source.limit(limit);
    }

    /** Where a tar may end is not known here. */
    @Override
    public void finish(long length) {}

    @Override
    public long stateBytes() {
        return 0;
    }

    @Override
    public void close() {}
}
