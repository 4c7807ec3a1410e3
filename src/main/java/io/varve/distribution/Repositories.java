package io.varve.distribution;

import io.varve.auth.Action;
import io.varve.auth.Scopes;
import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.catalogue.Tag;
import io.varve.content.Blob;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.varve.oci.Reference;
import io.varve.store.Store;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The repositories that a store has under one address. Blocks, so it belongs on workers; safe for any thread. What there is not
 * is a {@link Refusal}, what the store refuses a {@link Failure}.
 */
final class Repositories {
    private static final MediaType BYTES = MediaType.parse("application/octet-stream");

    private final Store store;
    private final Supplier<String> address;

    /** @param address what the names of all of them begin with in the store */
    Repositories(Store store, Supplier<String> address) {
        this.store = store;
        this.address = address;
    }

    /** @param reference a tag or a digest */
    Content manifest(Scopes scopes, String name, String reference) {
        Reference repository = requireReadable(scopes, name);
        return reference.indexOf(':') < 0
                ? tagged(repository, reference)
                : needed(repository, digest(reference))
                        .filter(Repositories::isImage)
                        .flatMap(this::content)
                        .orElseThrow(() -> unknown(repository, Refusal.manifestUnknown(name, reference)));
    }

    /** Whatever a repository's images need; their manifests too. */
    Content blob(Scopes scopes, String name, String digest) {
        Reference repository = requireReadable(scopes, name);
        return needed(repository, digest(digest))
                .flatMap(this::content)
                .map(found -> new Content(found.digest(), BYTES, found.size()))
                .orElseThrow(() -> unknown(repository, Refusal.blobUnknown(name, digest)));
    }

    /** The caller's to close. */
    FileChannel open(Content content) {
        return store.content().open(content.digest());
    }

    /** In the order of their bytes. */
    List<String> tags(Scopes scopes, String name, String after, int limit) {
        Reference repository = requireReadable(scopes, name);
        String prefix = prefix(repository);
        List<Tag> tags =
                ask(catalogue -> catalogue.tags(prefix, prefix + after, limit)).orElse(List.of());
        if (tags.isEmpty() && isUnknown(repository)) {
            throw Refusal.nameUnknown(name);
        }
        return tags.stream().map(tag -> tag.name().substring(prefix.length())).toList();
    }

    /** In the order in which the store has the names of their images. */
    List<String> names(Scopes scopes, String after, int limit) {
        String prefix = address.get() + "/";
        List<String> beginnings = scopes.beginnings(Action.READ, prefix);
        return ask(catalogue -> {
                    List<String> names = new ArrayList<>();
                    String last = after;
                    for (String beginning : beginnings) {
                        while (names.size() < limit) {
                            // No tag has a tilde, so this is behind all tags of the last one.
                            String behind = last.isEmpty() ? "" : prefix + last + ":~";
                            List<Tag> next = catalogue.tags(beginning, behind, 1);
                            if (next.isEmpty()) {
                                break;
                            }
                            last = Reference.parse(next.getFirst().name()).path();
                            names.add(last);
                        }
                    }
                    return names;
                })
                .orElse(List.of());
    }

    private Reference requireReadable(Scopes scopes, String name) {
        return readable(scopes, name).orElseThrow(() -> Refusal.nameUnknown(name));
    }

    /** One that a caller may read, whether there is anything in it or not. Does not block. */
    Optional<Reference> readable(Scopes scopes, String name) {
        Reference repository = repository(name);
        return scopes.allow(Action.READ, repository) ? Optional.of(repository) : Optional.empty();
    }

    /** One that a caller is to change. Does not block. */
    Reference writable(Scopes scopes, Action action, String name) {
        Reference repository = repository(name);
        if (!scopes.allow(action, repository)) {
            throw Refusal.denied(action.toString(), name);
        }
        return repository;
    }

    private Reference repository(String name) {
        try {
            return new Reference(address.get(), name, null, null);
        } catch (Failure e) {
            throw Refusal.nameInvalid(name);
        }
    }

    /** What a repository has of this digest, if it does. */
    Optional<Content> held(Reference repository, Digest digest) {
        return needed(repository, digest).flatMap(this::content);
    }

    /** A manifest or an image index that a repository has, as it was recorded. */
    Optional<Content> image(Reference repository, Digest digest) {
        return needed(repository, digest)
                .filter(Repositories::isImage)
                .filter(entry -> isRecorded(repository, entry))
                .flatMap(this::content);
    }

    /** Anybody may have pushed an image's bytes, or have called some of his own one; what was recorded as one here had all that it needs. */
    private boolean isRecorded(Reference repository, Entry entry) {
        return ask(catalogue -> catalogue.isImage(entry.node(), prefix(repository)))
                .orElse(false);
    }

    /**
     * What says something of an image.
     *
     * @param after a digest; empty from the beginning on
     * @param most of them, and what they may come to in bytes
     */
    Referrers referrers(
            Scopes scopes, String name, String digest, @Nullable String type, String after, int most, long bytes) {
        Reference repository = requireReadable(scopes, name);
        Referrers found = new Referrers(most, bytes);
        Digest subject = digest(digest);
        String last = after;
        while (true) {
            String from = last;
            List<Digest> next = ask(catalogue -> catalogue.referrers(subject, repository.name(), type, from, most + 1))
                    .orElse(List.of());
            for (Digest each : next) {
                if (!list(found, repository, each)) {
                    return found;
                }
            }
            if (next.size() <= most) {
                return found;
            }
            last = next.getLast().toString();
        }
    }

    /** Whether there was room for it, if it is still there: it may be collected at any moment. */
    private boolean list(Referrers found, Reference repository, Digest image) {
        try {
            return image(repository, image)
                    .map(content -> found.add(content, store.content()))
                    .orElse(true);
        } catch (Failure e) {
            if (isGone(e)) {
                return true;
            }
            throw e;
        }
    }

    static Digest digest(String text) {
        try {
            return Digest.parse(text);
        } catch (Failure e) {
            throw Refusal.digestInvalid(text);
        }
    }

    private static String prefix(Reference repository) {
        return repository + ":";
    }

    private Content tagged(Reference repository, String tag) {
        return ask(catalogue -> catalogue.tag(prefix(repository) + tag))
                .flatMap(Function.identity())
                .flatMap(found -> content(found.image().digest(), found.image().mediaType()))
                .orElseThrow(() -> unknown(repository, Refusal.manifestUnknown(repository.path(), tag)));
    }

    private Optional<Entry> needed(Reference repository, Digest digest) {
        Node node = Node.blob(digest);
        return ask(catalogue ->
                        catalogue.isNeeded(node, prefix(repository)) ? catalogue.find(node) : Optional.<Entry>empty())
                .flatMap(Function.identity());
    }

    private static boolean isImage(Entry entry) {
        MediaType mediaType = entry.mediaType();
        return mediaType != null
                && (mediaType.kind() == MediaType.Kind.MANIFEST || mediaType.kind() == MediaType.Kind.INDEX);
    }

    private Optional<Content> content(Entry entry) {
        MediaType mediaType = entry.mediaType();
        return entry.present()
                ? content(entry.node().digest(), mediaType == null ? BYTES : mediaType)
                : Optional.empty();
    }

    /** Its size is that of the file: nothing that is announced is missing then. */
    private Optional<Content> content(Digest digest, MediaType mediaType) {
        return store.content().find(digest).map(Blob::size).map(size -> new Content(digest, mediaType, size));
    }

    private Refusal unknown(Reference repository, Refusal otherwise) {
        return isUnknown(repository) ? Refusal.nameUnknown(repository.path()) : otherwise;
    }

    private boolean isUnknown(Reference repository) {
        return ask(catalogue ->
                        catalogue.tags(prefix(repository), "", 1).isEmpty() && !catalogue.isPushedTo(repository.name()))
                .orElse(true);
    }

    private <T> Optional<T> ask(Function<Catalogue, T> question) {
        return store.read(question);
    }

    /** Whether it is that a blob is not there any more. */
    static boolean isGone(Throwable thrown) {
        return thrown instanceof Failure failure && failure.category() == Category.NOT_FOUND;
    }
}
