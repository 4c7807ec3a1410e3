package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.varve.bus.Budget;
import io.varve.bus.Slabs;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class SegmentsTest {
    private static final long MIB = 1 << 20;

    private final Budget budget = new Budget(100 * MIB);
    private final Segments segments = new Segments(1000);
    private int over;

    private Segment segment(long first, long end) {
        return new Segment(first, end, budget.spare("host", end - first).orElseThrow(), () -> over++, 0);
    }

    private Segment added(long first, long end) {
        Segment added = segment(first, end);
        segments.add(added);
        return added;
    }

    private static Segments.Gap gap(long first, long end) {
        return new Segments.Gap(first, end);
    }

    @Nested
    class Gaps {
        @Test
        void beginWhereNobodyBringsAnything() {
            added(100, 200);
            added(200, 300);

            assertThat(segments.gap(0, 50)).isEqualTo(gap(0, 50));
            assertThat(segments.gap(100, 50)).isEqualTo(gap(300, 350));
            assertThat(segments.gap(150, 50)).as("within one").isEqualTo(gap(300, 350));
        }

        @Test
        void endWhereSomebodyBringsWhatFollows() {
            added(100, 200);

            assertThat(segments.gap(0, 500)).isEqualTo(gap(0, 100));
            assertThat(segments.gap(70, 25))
                    .as("and a rest that is small is no gap")
                    .isEqualTo(gap(70, 100));
        }

        @Test
        void areThereAgainWhenASegmentBrokeOff() {
            Segment broken = added(100, 200);
            added(200, 300);
            broken.chunk(Buffer.buffer(new byte[30]));
            broken.cut(Setback.of(Setback.Kind.PASSING, Failure.of(Category.UNAVAILABLE, "cut")));

            assertThat(segments.gap(100, 500)).isEqualTo(gap(130, 200));
            assertThat(over).isEqualTo(1);
            segments.close();
        }

        @Test
        void areNoMoreWhenAllIsBrought() {
            added(100, 1000);

            assertThat(segments.gap(100, 50)).isNull();
            assertThat(segments.gap(1000, 50)).isNull();
            assertThat(segments.next(0)).isEqualTo(100);
            assertThat(segments.next(100)).isEqualTo(1000);
        }
    }

    @Nested
    class Portions {
        @Test
        void areAsLargeAsTheyMayBeWhereThereIsMuch() {
            assertThat(Segments.portion(1000 * MIB, 8, 0, 4 * MIB)).isEqualTo(4 * MIB);
            assertThat(Segments.portion(1000 * MIB, 8, 20e6, 4 * MIB)).isEqualTo(4 * MIB);
        }

        @Test
        void areSmallWhereBytesComeSlowly() {
            assertThat(Segments.portion(1000 * MIB, 8, 1e6, 4 * MIB)).isEqualTo(2_000_000);
            assertThat(Segments.portion(1000 * MIB, 8, 1e3, 4 * MIB)).isEqualTo(Segments.LEAST);
        }

        @Test
        void letAllEndAtAboutTheSameTime() {
            assertThat(Segments.portion(16 * MIB, 8, 0, 4 * MIB)).isEqualTo(2 * MIB);
        }

        @Test
        void areNeverLargerThanTheSettingHoweverSmallThatIs() {
            assertThat(Segments.portion(16 * MIB, 8, 0, 300_000)).isEqualTo(300_000);
        }
    }

    /** Of one segment. */
    @Nested
    class Bytes {
        private final Segment segment = segment(0, Slabs.SIZE + 10);
        private final List<Integer> told = new ArrayList<>();

        private int taken() {
            int bytes = 0;
            for (ByteBuf next = segment.poll(); next != null; next = segment.poll()) {
                bytes += next.readableBytes();
                next.release();
            }
            return bytes;
        }

        @Test
        void areTakenSlabBySlab() {
            segment.listen(() -> told.add(taken()));
            segment.chunk(Buffer.buffer(new byte[Slabs.SIZE - 1]));
            assertThat(told).isEmpty();
            segment.chunk(Buffer.buffer(new byte[5]));
            segment.chunk(Buffer.buffer(new byte[6]));

            assertThat(told).containsExactly(Slabs.SIZE, 10);
            assertThat(segment.isWhole()).isTrue();
            segment.close();
        }

        @Test
        void areNeverMoreThanItsOwn() {
            segment.chunk(Buffer.buffer(new byte[Slabs.SIZE + 11]));

            assertThat(taken()).isEqualTo(Slabs.SIZE + 10);
            assertThat(segment.isWhole()).isTrue();
            segment.close();
        }

        @Test
        void stayWhenItIsAbandoned() {
            segment.chunk(Buffer.buffer(new byte[7]));
            segment.abandon();
            segment.chunk(Buffer.buffer(new byte[7]));

            assertThat(taken()).isEqualTo(7);
            assertThat(segment.bound()).isEqualTo(7);
            assertThat(segment.isEnded()).isTrue();
            assertThat(segment.setback()).isNull();
            assertThat(over).isEqualTo(1);
            segment.close();
        }

        @Test
        void giveBackTheirMemoryWhenTheyAreNotTaken() {
            segment.chunk(Buffer.buffer(new byte[Slabs.SIZE + 5]));
            assertThat(budget.held()).isPositive();
            segment.close();

            assertThat(budget.held()).isZero();
            assertThat(segment.poll()).isNull();
            assertThat(over).isZero();
        }

        @Test
        void thatCannotBeTakenAreASetback() {
            ByteBuf lost = Unpooled.buffer(5).writeBytes(new byte[5]);
            lost.release();

            segment.chunk(Buffer.buffer(new byte[7]));
            segment.chunk(BufferInternal.buffer(lost));

            assertThat(taken()).isEqualTo(7);
            assertThat(segment.bound()).isEqualTo(7);
            assertThat(segment.setback()).isNotNull();
            assertThat(over).isEqualTo(1);
            segment.close();
        }

        @Test
        void thatEndTooSoonAreASetback() {
            segment.chunk(Buffer.buffer(new byte[7]));
            segment.end();

            assertThat(segment.isWhole()).isFalse();
            assertThat(segment.setback()).isNotNull();
            segment.close();
        }
    }
}
