package io.varve.verify;

import io.varve.catalogue.Node;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One thing in a store that is not as it should be.
 *
 * @param what it is, in words: {@code blob sha256:…}, {@code index.json}
 * @param node of a blob, a layer or an index
 * @param wrong what is wrong with it, with what was got and wanted
 * @param outcome what became of it, or has to be done; null when nobody tried to repair it
 * @param repaired whether nothing is wrong any more
 */
public record Finding(
        Kind kind,
        String what,
        @Nullable Node node,
        String wrong,
        @Nullable String outcome,
        boolean repaired) {

    /** How it is wrong. */
    public enum Kind {
        /** Its bytes are not those that its name promises. */
        DAMAGED,
        /** It is not there, and the catalogue or an image says that it is. */
        MISSING,
        /** It is there, and the catalogue does not know. */
        UNKNOWN,
        /** The catalogue says something else of it than is so. */
        MISRECORDED,
        /** It was right once. */
        STALE,
        /** It could not be looked at; nothing is known of it. */
        UNCHECKED,
        /** It is none of Varve's, and nobody touches it: told, and not wrong. */
        FOREIGN;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Finding of(Kind kind, Node node, String wrong) {
        String what = node.kind().name().toLowerCase(Locale.ROOT) + " " + node.digest();
        return new Finding(kind, what, node, wrong, null, false);
    }

    static Finding of(Kind kind, String what, String wrong) {
        return new Finding(kind, what, null, wrong, null, false);
    }

    Finding repaired(String how) {
        return new Finding(kind, what, node, wrong, how, true);
    }

    Finding left(String toDo) {
        return new Finding(kind, what, node, wrong, toDo, false);
    }

    /** Whether the store is not as it should be because of it. */
    public boolean isWrong() {
        return kind != Kind.FOREIGN && !repaired;
    }

    /** {@code damaged blob sha256:…: digest of 12 bytes: got sha256:…, wanted sha256:…}, and what became of it. */
    @Override
    public String toString() {
        return kind + " " + what + ": " + wrong + (outcome == null ? "" : " -> " + outcome);
    }
}
