package io.varve.hash;

import static io.varve.content.Samples.bytes;
import static io.varve.content.Samples.digest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.varve.oci.Digest;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A hash that goes on in another object comes to what a plain one of the same bytes comes to. */
class RunningHashTest {
    private static final byte[] BYTES = bytes(3, 1_000);

    private static HashState states() {
        assumeTrue(HashState.KNOWN != null, "packages of java.base are open");
        return Objects.requireNonNull(HashState.KNOWN);
    }

    private static RunningHash of(Digest.Algorithm algorithm, @Nullable HashState states, int from, int to) {
        RunningHash hash = RunningHash.begin(algorithm, states);
        hash.update(ByteBuffer.wrap(BYTES, from, to - from));
        return hash;
    }

    private static RunningHash resumed(Digest.Algorithm algorithm, byte[] state, long position) {
        return Objects.requireNonNull(RunningHash.restore(algorithm, states(), state, position));
    }

    @ParameterizedTest
    @EnumSource(Digest.Algorithm.class)
    void goesOnFromEveryPosition(Digest.Algorithm algorithm) {
        Digest whole = digest(algorithm, BYTES);
        for (int position = 0; position <= BYTES.length; position++) {
            RunningHash first = of(algorithm, states(), 0, position);
            RunningHash second = resumed(algorithm, first.state(), position);
            second.update(ByteBuffer.wrap(BYTES, position, BYTES.length - position));
            assertThat(second.digest()).as("at %d", position).isEqualTo(whole);
            first.update(ByteBuffer.wrap(BYTES, position, BYTES.length - position));
            assertThat(first.digest()).as("first one, at %d", position).isEqualTo(whole);
        }
    }

    @ParameterizedTest
    @EnumSource(Digest.Algorithm.class)
    void goesOnManyTimes(Digest.Algorithm algorithm) {
        for (long seed = 0; seed < 20; seed++) {
            byte[] bytes = bytes(seed, 100_000);
            Random random = new Random(~seed);
            RunningHash hash = RunningHash.begin(algorithm, states());
            int at = 0;
            while (at < bytes.length) {
                int end = Math.min(bytes.length, at + random.nextInt(9_000));
                ByteBuffer piece = ByteBuffer.allocateDirect(end - at)
                        .put(bytes, at, end - at)
                        .flip();
                hash.update(piece);
                hash = resumed(algorithm, hash.state(), end);
                at = end;
            }
            assertThat(hash.digest()).as("seed %d", seed).isEqualTo(digest(algorithm, bytes));
        }
    }

    /** The compiled code of the JVM keeps the last block otherwise than the interpreted one does. */
    @ParameterizedTest
    @EnumSource(Digest.Algorithm.class)
    void goesOnBetweenBlocksAfterTheJvmHasCompiledTheHash(Digest.Algorithm algorithm) {
        byte[] bytes = bytes(9, 4 << 20);
        RunningHash hash = RunningHash.begin(algorithm, states());
        for (int at = 0; at < bytes.length; at += 1_024) {
            hash.update(ByteBuffer.wrap(bytes, at, 1_024));
            byte[] state = hash.state();
            assertThat(state).isNotEmpty();
            hash = resumed(algorithm, state, at + 1_024L);
        }
        assertThat(hash.digest()).isEqualTo(digest(algorithm, bytes));
    }

    @ParameterizedTest
    @EnumSource(Digest.Algorithm.class)
    void digestMayBeAskedForInBetween(Digest.Algorithm algorithm) {
        RunningHash hash = of(algorithm, states(), 0, 500);
        assertThat(hash.digest()).isEqualTo(digest(algorithm, Arrays.copyOf(BYTES, 500)));
        assertThat(hash.digest()).isEqualTo(digest(algorithm, Arrays.copyOf(BYTES, 500)));
        hash.update(ByteBuffer.wrap(BYTES, 500, 500));
        assertThat(hash.digest()).isEqualTo(digest(algorithm, BYTES));
    }

    @ParameterizedTest
    @EnumSource(Digest.Algorithm.class)
    void stateOfAnotherLengthIsNotTaken(Digest.Algorithm algorithm) {
        byte[] state = of(algorithm, states(), 0, 500).state();
        for (int length = 0; length < state.length + 300; length++) {
            if (length != state.length) {
                assertThat(RunningHash.restore(algorithm, states(), Arrays.copyOf(state, length), 500))
                        .isNull();
            }
        }
        assertThat(RunningHash.restore(algorithm, states(), state, 501)).isNull();
    }

    @ParameterizedTest
    @EnumSource(Digest.Algorithm.class)
    void withoutStatesItHashesAndExportsNothing(Digest.Algorithm algorithm) {
        RunningHash hash = of(algorithm, null, 0, 500);
        assertThat(hash.state()).isEmpty();
        hash.update(ByteBuffer.wrap(BYTES, 500, 500));
        assertThat(RunningHash.restore(algorithm, null, new byte[0], 500)).isNull();
        assertThat(hash.digest()).isEqualTo(digest(algorithm, BYTES));
    }
}
