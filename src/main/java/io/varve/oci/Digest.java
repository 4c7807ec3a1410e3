package io.varve.oci;

import io.varve.failure.Failure;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The digest of some bytes, {@code sha256:<64 lower-case hex>} or {@code sha512:<128 lower-case hex>} (image-spec,
 * descriptor.md#digests). {@link #parse} is the only way in from text, so a digest is always safe as a file name;
 * {@link #toString} is the wire form.
 */
public record Digest(Algorithm algorithm, String hex) implements ImageName, Comparable<Digest> {

    static final Pattern GRAMMAR = Pattern.compile("sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}");

    /** The registered algorithms; no other is accepted. */
    public enum Algorithm {
        SHA256("sha256", "SHA-256", 64),
        SHA512("sha512", "SHA-512", 128);

        private final String word;
        private final String jca;
        private final int hexLength;

        Algorithm(String word, String jca, int hexLength) {
            this.word = word;
            this.jca = jca;
            this.hexLength = hexLength;
        }

        /** A new running hash. */
        public MessageDigest hash() {
            try {
                return MessageDigest.getInstance(jca);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK has " + jca, e);
            }
        }

        @Override
        public String toString() {
            return word;
        }
    }

    public Digest {
        if (hex.length() != algorithm.hexLength || !isLowerHex(hex)) {
            throw Failure.invalid("digest: got " + algorithm + ":" + hex + ", wanted " + algorithm.hexLength
                    + " lower-case hex digits");
        }
    }

    // The hex alone, whose length tells the algorithm. Left to the JVM, which makes code for the two of a record, they
    // take milliseconds of
    // every start.

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Digest digest && hex.equals(digest.hex);
    }

    @Override
    public int hashCode() {
        return hex.hashCode();
    }

    /** @throws Failure Invalid when the text is not a registered algorithm, a colon, and its hex in lower case */
    public static Digest parse(String text) {
        for (Algorithm algorithm : Algorithm.values()) {
            if (text.startsWith(algorithm.word + ":")) {
                return new Digest(algorithm, text.substring(algorithm.word.length() + 1));
            }
        }
        throw Failure.invalid("digest: got " + text + ", wanted sha256:<hex> or sha512:<hex>");
    }

    /** The digest that a running hash has come to; resets the hash. */
    public static Digest of(Algorithm algorithm, MessageDigest hash) {
        return new Digest(algorithm, HexFormat.of().formatHex(hash.digest()));
    }

    /** The digest of these bytes. */
    public static Digest of(Algorithm algorithm, byte[] bytes) {
        MessageDigest hash = algorithm.hash();
        hash.update(bytes);
        return of(algorithm, hash);
    }

    /** The SHA-256 of these bytes. */
    public static Digest sha256(byte[] bytes) {
        return of(Algorithm.SHA256, bytes);
    }

    /** A loop, as lists of images have many of them, in commands that live too short for streams to become fast. */
    private static boolean isLowerHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int compareTo(Digest other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return algorithm + ":" + hex;
    }
}
