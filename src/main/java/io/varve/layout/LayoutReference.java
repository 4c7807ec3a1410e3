package io.varve.layout;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The name of an image in a layout: {@code oci:DIR}, {@code oci:DIR:NAME} or {@code oci:DIR@sha256:HEX}; or the same of
 * an archive, {@code oci-archive:FILE}.
 *
 * <p>As in skopeo and every user of containers/image, the path ends at the first colon and what follows is the name, which
 * may hold colons and be a full reference ({@code oci:out:docker.io/library/debian:bookworm}). A path with a colon in it
 * therefore cannot be written; one with an {@code @} can, unless a digest follows it.
 *
 * @param path of the directory or the archive
 * @param name as {@link OciLayout#resolve} takes it; null when the text has none
 * @param digest null when the text has none; never together with a name
 */
public record LayoutReference(
        Form form,
        Path path,
        @Nullable String name,
        @Nullable Digest digest) {

    /** What the layout is on disk. */
    public enum Form {
        DIRECTORY("oci:", "DIR"),
        ARCHIVE("oci-archive:", "FILE");

        private final String scheme;
        private final String word;

        Form(String scheme, String word) {
            this.scheme = scheme;
            this.word = word;
        }
    }

    /** The only image of a directory, or the one of this name. */
    public static LayoutReference directory(Path path, @Nullable String name) {
        return new LayoutReference(Form.DIRECTORY, path, name, null);
    }

    /** Whether the text is meant to name an image in a layout, and not in a registry. */
    public static boolean matches(String text) {
        return form(text) != null;
    }

    private static @Nullable Form form(String text) {
        for (Form form : Form.values()) {
            if (text.startsWith(form.scheme)) {
                return form;
            }
        }
        return null;
    }

    /** @throws Failure Invalid when the text is none of these forms */
    public static LayoutReference parse(String text) {
        Form form = form(text);
        if (form == null) {
            throw wanted(text, Form.DIRECTORY);
        }
        String rest = text.substring(form.scheme.length());
        int colon = rest.indexOf(':');
        int at = colon < 0 ? -1 : rest.lastIndexOf('@', colon);
        boolean digested = at >= 0 && isAlgorithm(rest.substring(at + 1, colon));
        String path = digested ? rest.substring(0, at) : colon < 0 ? rest : rest.substring(0, colon);
        String name = digested || colon < 0 ? null : rest.substring(colon + 1);
        if (path.isEmpty() || (name != null && name.isEmpty())) {
            throw wanted(text, form);
        }
        return new LayoutReference(form, path(path), name, digested ? Digest.parse(rest.substring(at + 1)) : null);
    }

    private static boolean isAlgorithm(String word) {
        for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
            if (algorithm.toString().equals(word)) {
                return true;
            }
        }
        return false;
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw Failure.invalid("layout: got " + text + ", wanted the name of a directory or an archive");
        }
    }

    private static Failure wanted(String text, Form form) {
        String place = form.scheme + form.word;
        return Failure.invalid("layout: got " + text + ", wanted " + place + "[:NAME] or " + place + "@DIGEST");
    }

    @Override
    public String toString() {
        return form.scheme + path + (name == null ? "" : ":" + name) + (digest == null ? "" : "@" + digest);
    }
}
