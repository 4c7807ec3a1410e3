package io.varve.layout;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Index;
import io.varve.oci.MediaType;
import io.varve.oci.Reference;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which entry of a layout's index somebody means. Entries that are neither manifests nor image indexes do not count. */
final class Names {
    /** Image-spec, annotations.md, {@code org.opencontainers.image.ref.name}. */
    private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z0-9]+(?:(?:[-._:@+/]|--)[A-Za-z0-9]+)*");

    private static final int MAX_NAME = 1024;

    /** A message names no more images than this. */
    private static final int MAX_LISTED = 20;

    private final List<Descriptor> entries;

    Names(Index index) {
        entries = index.manifests().stream().filter(Names::isImage).toList();
    }

    private static boolean isImage(Descriptor entry) {
        MediaType.Kind kind = entry.mediaType().kind();
        return kind == MediaType.Kind.MANIFEST || kind == MediaType.Kind.INDEX;
    }

    /** The name an entry has; null when it has none. */
    static @Nullable String of(Descriptor entry) {
        return entry.annotations().get(Descriptor.REF_NAME);
    }

    /** @throws Failure Invalid when no entry may have this name */
    static void check(String name) {
        if (name.length() > MAX_NAME || !GRAMMAR.matcher(name).matches()) {
            throw Failure.invalid("name in a layout: got " + name + ", wanted a tag or a reference");
        }
    }

    List<NamedImage> images() {
        return entries.stream().map(entry -> new NamedImage(entry, of(entry))).toList();
    }

    Descriptor only() {
        return one(entries, "no name given");
    }

    Descriptor byDigest(Digest digest) {
        return one(matching(entry -> entry.pointsAt(digest)), "digest " + digest);
    }

    /** The entry named so verbatim, else the one whose full reference the name is by Docker's conventions or ends in. */
    Descriptor byName(String name) {
        List<Descriptor> verbatim = matching(entry -> name.equals(of(entry)));
        if (!verbatim.isEmpty()) {
            return one(verbatim, "name " + name);
        }
        String full = full(name);
        return one(
                matching(entry -> {
                    String theirs = Objects.toString(of(entry), "");
                    return theirs.equals(full) || theirs.endsWith(":" + name) || theirs.endsWith("/" + name);
                }),
                "name " + name);
    }

    private static @Nullable String full(String name) {
        try {
            return Reference.normalized(name).withDefaultTag().toString();
        } catch (Failure notOne) {
            return null;
        }
    }

    private List<Descriptor> matching(Predicate<Descriptor> wanted) {
        return entries.stream().filter(wanted).toList();
    }

    /** The only image among these entries, which may give it several names. */
    private Descriptor one(List<Descriptor> found, String asked) {
        if (found.isEmpty()) {
            throw Failure.notFound(
                    asked + ": got no image, there " + (entries.isEmpty() ? "is none" : "is " + list(entries)));
        }
        Descriptor first = found.getFirst();
        if (found.stream().anyMatch(entry -> !entry.digest().equals(first.digest()))) {
            throw Failure.invalid(asked + ": got " + found.size() + " images, wanted one of " + list(found));
        }
        return first;
    }

    private static String list(List<Descriptor> entries) {
        String more = entries.size() <= MAX_LISTED ? "" : " and " + (entries.size() - MAX_LISTED) + " more";
        return entries.stream().limit(MAX_LISTED).map(Names::shown).collect(Collectors.joining(", ", "", more));
    }

    private static String shown(Descriptor entry) {
        String name = Objects.requireNonNullElseGet(of(entry), () -> "a nameless " + entry);
        return name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME) + "…";
    }
}
