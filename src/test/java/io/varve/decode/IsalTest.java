package io.varve.decode;

import static io.varve.decode.Streams.always;
import static io.varve.decode.Streams.concat;
import static io.varve.decode.Streams.content;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.nio.file.attribute.PosixFilePermission.OWNER_READ;
import static java.nio.file.attribute.PosixFilePermission.OWNER_WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.decode.Isal.Place;
import io.varve.failure.Failure;
import io.varve.image.Peers;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntSupplier;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every ISA-L that is on this machine, beside the JDK's zlib. */
@ParameterizedClass
@EnumSource(Place.class)
class IsalTest {
    private static final byte GUARD = 0x5a;
    private static final int GUARDED = 64;
    private static final int MOST = 300_000;
    private static final byte[] TRAILER = {1, 2, 3, 4, 5, 6, 7, 8};

    /** What zlib alone takes offence at. */
    private static final String INCOMPLETE_CODES =
            "deflate data: invalid (code lengths|literal/lengths|distances) set, at .*";

    /** How a stream ended, behind what it gave. */
    private enum Verdict {
        ENDED,
        CUT_SHORT,
        REFUSED
    }

    /**
     * @param end offset behind the stream, where it ended
     * @param wrong why it was refused
     */
    private record Outcome(Verdict verdict, byte[] given, int end, byte[] overread, String wrong) {}

    private final Isal isal;

    IsalTest(Place place) throws IOException {
        Optional<Isal> there = Isal.load(place);
        Peers.need(there.isPresent(), "ISA-L of the " + place);
        isal = there.get();
    }

    @Test
    void passesItsTrial() {
        assertThatCode(() -> IsalTrial.run(isal)).doesNotThrowAnyException();
    }

    /** This library, but for a number that each call leaves where another version may have another field. */
    @ParameterizedTest
    @ValueSource(ints = {8, 32, 36, 21_160, 90_000})
    void refusesLibrariesWithAnotherState(int field) {
        try (Arena arena = Arena.ofConfined()) {
            Isal other = new Isal("other", name -> Optional.of(new Other(isal, field).stub(name, arena)));
            assertThatThrownBy(() -> IsalTrial.run(other)).isInstanceOf(RuntimeException.class);
        }
    }

    /** What is called by its name. */
    @SuppressWarnings("unused")
    private record Other(Isal isal, int field) {
        void isal_inflate_init(MemorySegment state) {
            isal.init(whole(state));
        }

        void isal_inflate_reset(MemorySegment state) {
            isal.reset(whole(state));
        }

        int isal_inflate(MemorySegment state) {
            int code = isal.inflate(whole(state));
            whole(state).set(JAVA_INT, field, whole(state).get(JAVA_INT, field) + 8);
            return code;
        }

        private static MemorySegment whole(MemorySegment state) {
            return state.reinterpret(IsalInflate.STATE_BYTES);
        }

        MemorySegment stub(String name, Arena arena) {
            boolean answers = name.equals("isal_inflate");
            FunctionDescriptor type =
                    answers ? FunctionDescriptor.of(JAVA_INT, ADDRESS) : FunctionDescriptor.ofVoid(ADDRESS);
            try {
                MethodHandle function = MethodHandles.lookup().bind(this, name, type.toMethodType());
                return Linker.nativeLinker().upcallStub(function, type, arena);
            } catch (ReflectiveOperationException e) {
                throw new LinkageError(name, e);
            }
        }
    }

    @Test
    void whatIsUnpackedIsItsOwnersAloneAllTheWhile(@TempDir Path directory) throws IOException {
        byte[] library = content(1, 10_000);
        Path file = Files.createTempFile(directory, "isal-", ".so");
        Object before = Files.getAttribute(file, "unix:ino");

        Isal.write(new ByteArrayInputStream(library), file);

        assertThat(file).hasBinaryContent(library);
        assertThat(Files.getPosixFilePermissions(file)).containsExactlyInAnyOrder(OWNER_READ, OWNER_WRITE);
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(before);
    }

    @Test
    void refusesLibrariesThatLackACall() {
        assertThatThrownBy(() -> new Isal("other", name -> Optional.empty()))
                .isInstanceOf(NoSuchElementException.class)
                .hasMessage("it has no isal_inflate_init");
    }

    /** Two streams with trailers, cut once anywhere: what stands behind a stream may have come before it ended. */
    @ParameterizedTest
    @ValueSource(ints = {Deflater.NO_COMPRESSION, Deflater.BEST_SPEED, Deflater.BEST_COMPRESSION})
    void findsTheEndWhereverTheStreamIsCut(int level) {
        for (int length : new int[] {0, 1, 5, 90}) {
            byte[] content = content(length, length);
            byte[] stream = concat(deflate(content, level, Deflater.DEFAULT_STRATEGY), TRAILER);
            int end = stream.length - TRAILER.length;
            for (int cut = 0; cut <= stream.length; cut++) {
                for (int room : new int[] {1, 100}) {
                    Outcome outcome = inflate(stream, cutAt(cut), always(room));
                    assertThat(outcome.verdict()).isEqualTo(Verdict.ENDED);
                    assertThat(outcome.given()).isEqualTo(content);
                    assertThat(outcome.end()).isEqualTo(end);
                    assertThat(outcome.overread()).isEqualTo(Arrays.copyOf(TRAILER, outcome.overread().length));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void saysOfDamagedStreamsWhatZlibSays(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 150; round++) {
            byte[] stream = damaged(random);
            Outcome expected = zlib(stream);
            Outcome outcome = inflate(
                    stream,
                    Streams.random(random.nextLong(), 1 + random.nextInt(9_000)),
                    Streams.random(random.nextLong(), 1 + random.nextInt(70_000)));
            if (expected.verdict() == Verdict.ENDED) {
                assertThat(outcome.verdict()).isEqualTo(Verdict.ENDED);
                assertThat(outcome.given()).isEqualTo(expected.given());
                assertThat(outcome.end()).isEqualTo(expected.end());
            } else if (outcome.verdict() == Verdict.ENDED) {
                assertThat(expected.wrong()).matches(INCOMPLETE_CODES);
            }
        }
    }

    /** A set of distance codes that has one of two bits and no others; the stream does not use it. */
    @Test
    void takesIncompleteCodesThatZlibRefuses() {
        StringBuilder bits = new StringBuilder("1" + "01"); // the last block, with codes of its own
        bits.append("00000")
                .append("00000")
                .append("0111"); // 257 literals and lengths, one distance, 14 + 4 code lengths
        for (int symbol : new int[] {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1}) {
            bits.append(
                    symbol == 18 || symbol <= 2 ? "010" : "000"); // two bits each: 0 is 00, 1 is 01, 2 is 10, 18 is 11
        }
        bits.append("11" + "0110101").append("01"); // 11 + 86 zeros, then 'a' has one bit
        bits.append("11" + "1111111").append("11" + "1001000").append("01"); // 138 + 20 zeros, then the end has one bit
        bits.append("10"); // the distance has two bits
        bits.append("0").append("0").append("1"); // "aa" and the end
        BitSet packed = new BitSet();
        for (int i = 0; i < bits.length(); i++) {
            packed.set(i, bits.charAt(i) == '1');
        }
        byte[] stream = concat(packed.toByteArray(), TRAILER);

        assertThat(zlib(stream).wrong()).matches(INCOMPLETE_CODES);
        assertThat(inflate(stream, always(MOST), always(MOST)).given())
                .asString()
                .isEqualTo("aa");
    }

    @Test
    void isNotToBeUsedWhenItIsClosed() {
        IsalInflate inflate = new IsalInflate(isal);
        inflate.close();
        assertThatThrownBy(inflate::reset).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> inflate.inflate(ByteBuffer.allocateDirect(1), ByteBuffer.allocateDirect(1), 0))
                .isInstanceOf(IllegalStateException.class);
    }

    /** Intact now and then, with bits flipped, bytes changed, lost or missing at the end, or of nothing but noise. */
    private static byte[] damaged(Random random) {
        byte[] stream;
        if (random.nextInt(5) == 0) {
            stream = new byte[1 + random.nextInt(2_000)];
            random.nextBytes(stream);
            stream[0] = (byte) ((stream[0] & ~7) | random.nextInt(6)); // of a type that exists
            return stream;
        }
        byte[] content =
                content(random.nextLong(), random.nextInt(4) == 0 ? random.nextInt(150_000) : random.nextInt(3_000));
        stream = concat(deflate(content, random.nextInt(10), random.nextInt(3)), TRAILER);
        for (int damage = random.nextInt(4); damage > 0; damage--) {
            // Headers of blocks are where most can go wrong.
            int at = random.nextInt(random.nextBoolean() ? Math.min(stream.length, 100) : stream.length);
            switch (random.nextInt(4)) {
                case 0 -> stream[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> stream[at] = (byte) random.nextInt();
                case 2 -> stream = concat(Arrays.copyOf(stream, at), Arrays.copyOfRange(stream, at + 1, stream.length));
                default -> stream = Arrays.copyOf(stream, at + 1);
            }
        }
        return stream;
    }

    private static byte[] deflate(byte[] content, int level, int strategy) {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        try (Deflater deflater = new Deflater(level, true)) {
            deflater.setStrategy(strategy);
            deflater.setInput(content);
            deflater.finish();
            byte[] piece = new byte[4_096];
            while (!deflater.finished()) {
                stream.write(piece, 0, deflater.deflate(piece));
            }
        }
        return stream.toByteArray();
    }

    private static IntSupplier cutAt(int at) {
        boolean[] cut = {false};
        return () -> {
            int piece = cut[0] ? MOST : at;
            cut[0] = true;
            return piece;
        };
    }

    private static Outcome zlib(byte[] stream) {
        JdkInflate zlib = new JdkInflate();
        try {
            return inflate(zlib, stream, always(MOST), always(MOST));
        } finally {
            zlib.close();
        }
    }

    private Outcome inflate(byte[] stream, IntSupplier pieces, IntSupplier rooms) {
        IsalInflate inflate = new IsalInflate(isal);
        try {
            Outcome outcome = inflate(inflate, stream, pieces, rooms);
            assertThat(inflate.isOfKnownSize()).isTrue();
            return outcome;
        } finally {
            inflate.close();
        }
    }

    /**
     * Every piece is copied to the same place, and every room is cut out of the same memory, with bytes around them that do not
     * belong to the stream and that nobody may write to.
     */
    private static Outcome inflate(Inflate inflate, byte[] stream, IntSupplier pieces, IntSupplier rooms) {
        ByteArrayOutputStream given = new ByteArrayOutputStream();
        ByteBuffer source = guarded();
        ByteBuffer target = guarded();
        int offered = 0;
        source.limit(GUARDED).position(GUARDED);
        try {
            while (true) {
                if (!source.hasRemaining()) {
                    int piece = Math.min(stream.length - offered, pieces.getAsInt());
                    source.clear();
                    guard(source, GUARDED + piece);
                    source.put(GUARDED, stream, offered, piece)
                            .limit(GUARDED + piece)
                            .position(GUARDED);
                    offered += piece;
                }
                int start = GUARDED + MOST - rooms.getAsInt();
                target.limit(GUARDED + MOST).position(start);
                guard(target, start - GUARDED);
                boolean ended = inflate.inflate(source, target, 0);
                assertGuarded(source, 0, source.limit());
                assertGuarded(target, start - GUARDED, target.limit());
                byte[] bytes = new byte[target.position() - start];
                target.get(start, bytes);
                given.writeBytes(bytes);
                if (ended) {
                    byte[] overread = new byte[inflate.overread()];
                    for (int i = 0; i < overread.length; i++) {
                        overread[i] = (byte) (inflate.overreadBytes() >>> (8 * i));
                    }
                    int end = offered - source.remaining() - overread.length;
                    return new Outcome(Verdict.ENDED, given.toByteArray(), end, overread, "");
                }
                assertThat(source.hasRemaining() && target.hasRemaining()).isFalse();
                if (offered == stream.length && target.hasRemaining()) {
                    return new Outcome(Verdict.CUT_SHORT, given.toByteArray(), -1, new byte[0], "");
                }
            }
        } catch (Failure refused) {
            return new Outcome(Verdict.REFUSED, given.toByteArray(), -1, new byte[0], refused.wrong());
        }
    }

    private static ByteBuffer guarded() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(GUARDED + MOST + GUARDED);
        guard(buffer, 0);
        guard(buffer, GUARDED + MOST);
        return buffer;
    }

    private static void guard(ByteBuffer buffer, int at) {
        ByteBuffer all = buffer.duplicate().clear();
        for (int i = 0; i < GUARDED; i++) {
            all.put(at + i, GUARD);
        }
    }

    private static void assertGuarded(ByteBuffer buffer, int... guards) {
        ByteBuffer all = buffer.duplicate().clear();
        for (int at : guards) {
            for (int i = 0; i < GUARDED; i++) {
                if (all.get(at + i) != GUARD) {
                    throw new AssertionError("byte " + (at + i) + " was written to");
                }
            }
        }
    }
}
