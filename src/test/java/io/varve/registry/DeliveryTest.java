package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.varve.bus.SlabSink;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class DeliveryTest {
    private static final int SIZE = 10;

    /** A sink with no memory left. */
    private static final class Full implements SlabSink {
        @Override
        public void hand(ByteBuf owned) {
            owned.release();
            throw new AssertionError("no memory");
        }

        @Override
        public Future<Void> ready() {
            return Future.succeededFuture();
        }
    }

    @Test
    void errorOfWhoeverTakesASegmentEndsIt() {
        Delivery delivery = new Delivery(new Full(), 0, SIZE, System::nanoTime);
        Segment segment = new Segment(0, SIZE, () -> {}, () -> {}, 0);
        Future<Void> followed = delivery.follow(segment);

        segment.chunk(Buffer.buffer(new byte[SIZE]));

        assertThat(followed.cause()).isInstanceOf(Setback.class);
        assertThat(followed.cause().getCause()).hasMessageContaining("no memory");
        assertThat(delivery.isGivenUp()).isTrue();
        segment.close();
    }
}
