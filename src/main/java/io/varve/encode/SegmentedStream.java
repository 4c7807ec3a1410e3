package io.varve.encode;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A stream cut into segments, which can be encoded anywhere and at once. Owned by one thread at a time; the segments it gives are anybody's.
 *
 * <pre>
 *   stream.take(slab);
 *   while ((segment = stream.next()) != null) { encode somewhere: segment.call() … in this order behind the head }
 *   segment = stream.last() …
 *   stream.tail()
 * </pre>
 */
final class SegmentedStream {
    private final Encoder encoder;
    private final CRC32 crc = new CRC32();
    private final Queue<Callable<Encoder.Encoded>> cut = new ArrayDeque<>();
    private long bytes;
    // The segment that is being filled, behind its history.
    private byte[] filling = {};
    private int history;
    private int filled;

    SegmentedStream(Encoder encoder) {
        this.encoder = encoder;
    }

    byte[] head() {
        return encoder.head();
    }

    /** Takes all that is readable; the slab stays the caller's, its indices too. */
    void take(ByteBuf borrowed) {
        crc.update(borrowed.nioBuffer());
        bytes += borrowed.readableBytes();
        int at = borrowed.readerIndex();
        while (at < borrowed.writerIndex()) {
            if (filled == history + encoder.segmentBytes()) {
                cut();
            }
            int count = Math.min(borrowed.writerIndex() - at, history + encoder.segmentBytes() - filled);
            room(count);
            borrowed.getBytes(at, filling, filled, count);
            filled += count;
            at += count;
        }
    }

    /** As much as is needed: most layers are small, and then so is this. */
    private void room(int more) {
        int most = history + encoder.segmentBytes();
        if (filled + more > filling.length) {
            int size = filled == 0 ? more : Math.max(filled + more, 4 * filling.length);
            byte[] larger = new byte[Math.min(most, size)];
            System.arraycopy(filling, 0, larger, 0, filled);
            filling = larger;
        }
    }

    private void cut() {
        byte[] segment = filling;
        int from = history;
        int to = filled;
        cut.add(() -> encoder.encode(segment, from, to));
        history = Math.min(encoder.historyBytes(), to);
        filling = new byte[history + encoder.segmentBytes()];
        System.arraycopy(segment, to - history, filling, 0, history);
        filled = history;
    }

    /** A segment that is full; null when there is none. */
    @Nullable
    Callable<Encoder.Encoded> next() {
        return cut.poll();
    }

    /** What is left when all was taken; null for nothing. */
    @Nullable
    Callable<Encoder.Encoded> last() {
        if (filled == history) {
            return null;
        }
        byte[] segment = filling;
        int from = history;
        int to = filled;
        filling = new byte[0];
        filled = 0;
        history = 0;
        return () -> encoder.encode(segment, from, to);
    }

    byte[] tail() {
        return encoder.tail(new Encoder.Sum((int) crc.getValue(), bytes));
    }
}
