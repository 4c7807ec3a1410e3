package io.varve.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.netty.buffer.ByteBuf;
import io.varve.bus.Flow;
import io.varve.bus.Local;
import io.varve.bus.Outlet;
import io.varve.bus.Parcel;
import io.varve.bus.Slabs;
import io.varve.bus.Stage;
import io.varve.bus.StageWorld;
import io.varve.failure.Failure;
import io.varve.oci.Compression;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A decoder between one who hands slabs to it and one who takes what comes out, on a real bus. */
class DecodeFlowIT extends StageWorld {
    private static final String DECODE = "test.decode";
    private static final String TAKE = "test.take";

    private enum Take implements Local {
        TAKE
    }

    /** Counts what comes, and answers at once. */
    private static final class Taker implements Flow {
        final LongAdder bytes = new LongAdder();
        volatile boolean refusing;

        @Override
        public Future<?> receive(Local message) {
            ByteBuf slab = message instanceof Parcel parcel ? parcel.claim() : null;
            if (slab != null) {
                bytes.add(slab.readableBytes());
                slab.release();
            }
            if (refusing) {
                throw Failure.invalid("got no tar");
            }
            return Future.succeededFuture();
        }

        @Override
        public void close() {}
    }

    private final Taker taker = new Taker();
    private String taking;

    @BeforeEach
    void open() throws Exception {
        deploy(new Stage<Take>(bus, TAKE, WORKER, (on, open) -> taker));
        deploy(new Stage<DecodeFlow.Open>(bus, DECODE, WORKER, (on, open) -> new DecodeFlow(on, bus, open)));
        Stage.Opened to = on(() -> bus.ask(TAKE, Take.TAKE));
        taking = to.address();
    }

    private Stage.Opened decoder(long reserved, DecodeFlow.Memory memory) throws TimeoutException {
        DecodeFlow.Open open = new DecodeFlow.Open(DecodeLimits.DEFAULTS, taking, decoded -> {}, reserved, memory);
        return on(() -> bus.ask(DECODE, open));
    }

    @Test
    void fewBytesThatBecomeThousandsOfSlabsComeToTheirEnd() throws Exception {
        byte[] zeros = new byte[16 << 20];
        byte[] frame = Zstd.compress(zeros);
        int frames = 256;
        ByteBuf compressed = Slabs.allocate();
        for (int i = 0; i < frames; i++) {
            compressed.writeBytes(frame);
        }
        Outlet outlet =
                new Outlet(bus, decoder(Long.MAX_VALUE, Future::succeededFuture).address(), 0);

        on(() -> {
            outlet.hand(compressed);
            return outlet.end();
        });

        assertThat(taker.bytes.sum()).isEqualTo((long) frames * zeros.length);
    }

    /** What a connection brought before it broke may be shorter than any magic. */
    @ParameterizedTest
    @EnumSource(Compression.class)
    void whatAStreamIsIsSaidByItsFirstBytesHoweverTheyAreHandedOver(Compression compression) throws Exception {
        byte[] tar = Streams.content(1, 100_000);
        byte[] blob = compressed(compression, tar);
        List<ByteBuf> slabs = List.of(
                Slabs.allocate().writeBytes(blob, 0, 1),
                Slabs.allocate(),
                Slabs.allocate().writeBytes(blob, 1, 2),
                Slabs.allocate().writeBytes(blob, 3, blob.length - 3));
        Outlet outlet =
                new Outlet(bus, decoder(Long.MAX_VALUE, Future::succeededFuture).address(), 0);

        on(() -> {
            slabs.forEach(outlet::hand);
            return outlet.end();
        });

        assertThat(taker.bytes.sum()).isEqualTo(tar.length);
    }

    private static byte[] compressed(Compression compression, byte[] tar) throws IOException {
        return switch (compression) {
            case NONE -> tar;
            case GZIP -> gzip(tar);
            case ZSTD -> Zstd.compress(tar);
        };
    }

    private static byte[] gzip(byte[] tar) throws IOException {
        ByteArrayOutputStream blob = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(blob)) {
            out.write(tar);
        }
        return blob.toByteArray();
    }

    @Test
    void streamOfFewBytesIsDecodedAtItsEnd() throws Exception {
        Outlet outlet =
                new Outlet(bus, decoder(Long.MAX_VALUE, Future::succeededFuture).address(), 0);

        on(() -> {
            outlet.hand(Slabs.allocate().writeBytes(new byte[2]));
            return outlet.end();
        });

        assertThat(taker.bytes.sum()).isEqualTo(2);
    }

    @Test
    void streamThatEndsInItsMagicIsRefused() throws Exception {
        Outlet outlet =
                new Outlet(bus, decoder(Long.MAX_VALUE, Future::succeededFuture).address(), 0);

        assertThatThrownBy(() -> on(() -> {
                    outlet.hand(Slabs.allocate().writeBytes(new byte[] {0x1f, (byte) 0x8b, 8}));
                    return outlet.end();
                }))
                .hasMessageContaining("truncated");
    }

    @Test
    void decoderThatKnowsTooLittleYetIsClosedAllTheSame() throws Exception {
        Stage.Opened flow = decoder(Long.MAX_VALUE, Future::succeededFuture);
        Outlet outlet = new Outlet(bus, flow.address(), 0);

        on(() -> {
            outlet.hand(Slabs.allocate().writeBytes(new byte[1]));
            return outlet.taken();
        });

        on(() -> vertx.undeploy(flow.deployment()));
    }

    /** Memory may not come before others have ended, and what is behind the decoder need not wait for that. */
    @Test
    void decoderThatWaitsForMemoryEndsWithWhatIsBehindIt() throws Exception {
        taker.refusing = true;
        Outlet outlet = new Outlet(
                bus, decoder(0, () -> Promise.<Void>promise().future()).address(), 0);
        ByteBuf compressed = Slabs.allocate().writeBytes(Zstd.compress(new byte[3 * Slabs.SIZE]));

        assertThatThrownBy(() -> on(() -> {
                    outlet.hand(compressed);
                    return outlet.end();
                }))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("got no tar");
    }

    @Test
    void decoderThatWaitsForMemoryIsClosedAllTheSame() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        Stage.Opened flow = decoder(0, () -> {
            asked.countDown();
            return Promise.<Void>promise().future();
        });
        Outlet outlet = new Outlet(bus, flow.address(), 0);
        on(() -> {
            outlet.hand(Slabs.allocate().writeBytes(Zstd.compress(new byte[1_000])));
            return Future.succeededFuture();
        });
        assertThat(asked.await(PATIENCE_S, TimeUnit.SECONDS)).isTrue();

        on(() -> vertx.undeploy(flow.deployment()));
    }
}
