package io.varve.layout;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The name of an image in a layout: {@code oci:DIR}, {@code oci:DIR:NAME} or {@code oci:DIR@sha256:HEX}.
 *
 * <p>As in skopeo and every user of containers/image, the directory ends at the first colon and what follows is the name,
 * which may hold colons and be a full reference ({@code oci:out:docker.io/library/debian:bookworm}). A directory with a
 * colon in its name therefore cannot be written; one with an {@code @} can, unless a digest follows it.
 *
 * @param name as {@link OciLayout#resolve} takes it; null when the text has none
 * @param digest null when the text has none; never together with a name
 */
public record LayoutReference(
        Path directory, @Nullable String name, @Nullable Digest digest) {

    private static final String SCHEME = "oci:";

    /** Whether the text is meant to name an image in a layout, and not in a registry. */
    public static boolean matches(String text) {
        return text.startsWith(SCHEME);
    }

    /** @throws Failure Invalid when the text is none of the three forms */
    public static LayoutReference parse(String text) {
        if (!matches(text)) {
            throw wanted(text);
        }
        String rest = text.substring(SCHEME.length());
        int colon = rest.indexOf(':');
        int at = colon < 0 ? -1 : rest.lastIndexOf('@', colon);
        boolean digested = at >= 0 && isAlgorithm(rest.substring(at + 1, colon));
        String directory = digested ? rest.substring(0, at) : colon < 0 ? rest : rest.substring(0, colon);
        String name = digested || colon < 0 ? null : rest.substring(colon + 1);
        if (directory.isEmpty() || (name != null && name.isEmpty())) {
            throw wanted(text);
        }
        return new LayoutReference(path(directory), name, digested ? Digest.parse(rest.substring(at + 1)) : null);
    }

    private static boolean isAlgorithm(String word) {
        for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
            if (algorithm.toString().equals(word)) {
                return true;
            }
        }
        return false;
    }

    private static Path path(String directory) {
        try {
            return Path.of(directory);
        } catch (InvalidPathException e) {
            throw Failure.invalid("layout: got " + directory + ", wanted the name of a directory");
        }
    }

    private static Failure wanted(String text) {
        return Failure.invalid("layout: got " + text + ", wanted oci:DIR[:NAME] or oci:DIR@DIGEST");
    }

    @Override
    public String toString() {
        return SCHEME + directory + (name == null ? "" : ":" + name) + (digest == null ? "" : "@" + digest);
    }
}
