package io.varve.pipeline;

import io.varve.failure.Failure;
import io.varve.layout.LayoutReference;
import io.varve.layout.NamedImage;
import io.varve.layout.OciLayout;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Reference;
import io.varve.registry.Registry;
import io.varve.registry.Repository;
import io.varve.store.Store;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Many pulls at once, each with its own outcome. Safe for any thread; blocks the one that calls, unless it says otherwise. */
public final class Pulls {
    /** More images at once gain nothing: their layers share the cores, and their commits are grouped. */
    private static final int AT_ONCE = 16;

    private final Store store;
    private final Pull pull;
    private final Supplier<Stages> stages;
    private final Supplier<Registry> registry;

    /** @param registry made when it is first needed */
    public Pulls(Store store, Pull pull, Supplier<Stages> stages, Supplier<Registry> registry) {
        this.store = store;
        this.pull = pull;
        this.stages = stages;
        this.registry = registry;
    }

    /**
     * What became of one image.
     *
     * @param subject what was to be pulled, in words
     * @param image what its name leads to; null when it failed
     * @param failure null when it did not
     */
    public record Outcome(
            String subject,
            @Nullable Descriptor image,
            @Nullable Failure failure) {}

    /**
     * Pulls the images from where they are. A failure of one does not stop the others.
     *
     * @param name the reference that the image gets, of which there must be one; null for what its origin calls it, by
     *     Docker's conventions
     * @return in the order of the origins and their layouts
     * @throws Failure when a layout cannot be read; Cancelled when the thread was interrupted; what opening the store throws
     */
    public List<Outcome> pull(
            List<Origin> origins, @Nullable Reference name, Platforms platforms, PullListener listener) {
        List<Wanted> wanted =
                origins.stream().flatMap(origin -> wanted(origin).stream()).toList();
        if (name != null && wanted.size() != 1) {
            throw Failure.invalid("got " + wanted.size() + " images, wanted one to be named " + name);
        }
        String purpose =
                wanted.size() == 1 ? "pull " + wanted.getFirst().subject() : "pull " + wanted.size() + " images";
        Cancellation going = new Cancellation();
        // One session for all of them, so that none waits for another process in the middle.
        List<Outcome> outcomes = store.write(
                purpose,
                session -> Conducting.on(
                        stages.get().context(), going, () -> all(wanted, name, platforms, going, listener)));
        if (Thread.currentThread().isInterrupted()) {
            throw Failure.from(new InterruptedException());
        }
        return outcomes;
    }

    /**
     * Pulls one image from where it is, for whoever does not block. Called on {@linkplain #begin the conducting context}.
     *
     * @param name the reference that the image gets; null for what it is called there
     * @param unnamed whether it gets none at all, and is kept for a while
     * @param stranger whether he has to show that he can have what the store has already
     * @return what its name there leads to, all of it in the store, which calls it so too; fails with the reason, naming the
     *     image
     */
    public Future<Pulled> pull(
            Origin origin,
            @Nullable Reference name,
            boolean unnamed,
            Platforms platforms,
            boolean stranger,
            Cancellation going,
            PullListener listener) {
        return going.over(found(() -> find(origin, name, platforms, stranger, going)))
                .map(wish -> unnamed ? wish.unnamed() : wish)
                .compose(wish -> pull.pull(wish, going, listener).map(all -> new Pulled(wish.name(), wish.image())))
                .recover(thrown -> Future.failedFuture(Failure.from(thrown).during(origin.toString())));
    }

    /**
     * Pulls one image of a source, for whoever does not block. Called on {@linkplain #begin the conducting context}.
     *
     * @param name null for none: then it is kept for a while
     * @param stranger whether he has to show that he can have what the store has already
     */
    public Future<Pulled> pull(
            Source source,
            Descriptor image,
            @Nullable Reference name,
            Platforms platforms,
            boolean stranger,
            Cancellation going,
            PullListener listener) {
        Pull.Wish wish = new Pull.Wish(source, image, name == null ? null : name.toString(), platforms, stranger);
        return pull.pull(wish, going, listener).map(all -> new Pulled(wish.name(), wish.image()));
    }

    private Future<Pull.Wish> find(
            Origin origin, @Nullable Reference name, Platforms platforms, boolean stranger, Cancellation going) {
        return switch (origin) {
            case Origin.Remote remote -> resolve(remote, name, platforms, stranger);
            case Origin.Local local ->
                stages.get()
                        .disk(() -> only(local.reference(), going))
                        .compose(only -> only.finding().find(name, platforms));
        };
    }

    private Wanted only(LayoutReference reference, Cancellation going) {
        List<Wanted> all = local(reference, going::check);
        if (all.size() != 1) {
            throw Failure.invalid("got " + all.size() + " images, wanted one by its NAME or DIGEST")
                    .during(reference.toString());
        }
        return all.getFirst();
    }

    /**
     * The images that a reference to a layout or an archive means: one, or all that there are in it. Blocks.
     *
     * @throws Failure NotFound when there is none, Invalid when it is no layout
     */
    public List<NamedImage> images(LayoutReference reference) {
        return images(layout(reference, () -> {}), reference);
    }

    private static List<NamedImage> images(OciLayout layout, LayoutReference reference) {
        List<NamedImage> images = isWhole(reference) ? layout.images() : List.of(named(layout.resolve(reference)));
        if (images.isEmpty()) {
            throw Failure.notFound("got no image there").during(reference.toString());
        }
        return images;
    }

    private static boolean isWhole(LayoutReference reference) {
        return reference.name() == null && reference.digest() == null;
    }

    private OciLayout layout(LayoutReference reference, Runnable wanted) {
        return OciLayout.open(
                reference,
                store.options().plan().manifestBytes(),
                store.options().tar(),
                wanted);
    }

    /**
     * What a pull brought.
     *
     * @param name null when it was asked for by its digest alone
     * @param image what that leads to
     */
    public record Pulled(@Nullable String name, Descriptor image) {}

    /**
     * Does something on the conducting context. Any thread; completes on that context.
     *
     * @param wanted may be cancelled by any thread
     * @param work given what is cancelled with that, on its own context
     */
    public <T> Future<T> begin(Cancellation wanted, Function<Cancellation, Future<T>> work) {
        Context context = stages.get().context();
        Promise<T> done = Promise.promise();
        context.runOnContext(now -> {
            Cancellation here = new Cancellation();
            wanted.cancelled().onFailure(reason -> context.runOnContext(later -> here.cancel(reason)));
            found(() -> work.apply(here)).onComplete(done);
        });
        return done.future();
    }

    private static <T> Future<T> found(Supplier<Future<T>> finding) {
        try {
            return finding.get();
        } catch (RuntimeException thrown) {
            return Future.failedFuture(thrown);
        }
    }

    /** An image, and how it is found when its turn comes. */
    private record Wanted(String subject, Finding finding) {}

    @FunctionalInterface
    private interface Finding {
        /** @return the image in its source, with what that calls it */
        Future<Pull.Wish> find(@Nullable Reference name, Platforms platforms);
    }

    private List<Wanted> wanted(Origin origin) {
        return switch (origin) {
            case Origin.Local local -> local(local.reference(), () -> {});
            case Origin.Remote remote ->
                List.of(new Wanted(remote.toString(), (name, platforms) -> resolve(remote, name, platforms, false)));
        };
    }

    /** @param wanted throws when it is not any more */
    private List<Wanted> local(LayoutReference reference, Runnable wanted) {
        OciLayout layout = layout(reference, wanted);
        Source source = LayoutSource.of(layout, reference);
        boolean all = isWhole(reference);
        List<NamedImage> images = images(layout, reference);
        return images.stream()
                .map(image ->
                        new Wanted(all ? reference + ":" + label(image) : reference.toString(), (name, platforms) -> {
                            String tag = name == null ? tag(image) : name.toString();
                            return Future.succeededFuture(new Pull.Wish(source, image.descriptor(), tag, platforms));
                        }))
                .toList();
    }

    private static NamedImage named(Descriptor image) {
        return new NamedImage(image, image.annotations().get(Descriptor.REF_NAME));
    }

    private static String label(NamedImage image) {
        return image.name() == null ? image.descriptor().digest().toString() : image.name();
    }

    /** What the layout calls the image, as a user would mean it; null when it has no name or one that names a digest. */
    private static @Nullable String tag(NamedImage image) {
        String name = image.name();
        if (name == null) {
            return null;
        }
        try {
            return tag(Reference.normalized(name));
        } catch (Failure e) {
            throw Failure.invalid("name in the layout: got " + name + ", which is no reference; say another with -t");
        }
    }

    private static @Nullable String tag(Reference given) {
        Reference reference = given.withDefaultTag();
        return reference.tag() == null
                ? null
                : new Reference(reference.domain(), reference.path(), reference.tag(), null).toString();
    }

    private Future<Pull.Wish> resolve(
            Origin.Remote remote, @Nullable Reference name, Platforms platforms, boolean stranger) {
        Reference asked = remote.reference().forPull();
        Digest digest = asked.digest();
        String what = digest == null ? String.valueOf(asked.tag()) : digest.toString();
        Repository repository = Repository.of(asked, remote.access());
        Registry from = registry.get();
        return from.resolve(repository, what, store.options().plan().manifestBytes())
                .map(found -> new Pull.Wish(
                        new RegistrySource(from, repository, found, stages.get().context()),
                        found.descriptor(),
                        name == null ? tag(remote.reference()) : name.toString(),
                        platforms,
                        stranger));
    }

    private Future<List<Outcome>> all(
            List<Wanted> wanted,
            @Nullable Reference name,
            Platforms platforms,
            Cancellation going,
            PullListener listener) {
        Outcome[] outcomes = new Outcome[wanted.size()];
        List<Supplier<Future<?>>> works = new ArrayList<>();
        for (int i = 0; i < outcomes.length; i++) {
            int place = i;
            works.add(() -> outcome(wanted.get(place), name, platforms, going, listener)
                    .map(outcome -> outcomes[place] = outcome));
        }
        return Together.all(works, AT_ONCE, going.part()).map(done -> Arrays.asList(outcomes));
    }

    private Future<Outcome> outcome(
            Wanted wanted, @Nullable Reference name, Platforms platforms, Cancellation going, PullListener listener) {
        return going.over(found(() -> wanted.finding().find(name, platforms)))
                .compose(wish -> pull.pull(wish, going, listener)
                        .map(images -> new Outcome(wanted.subject(), wish.image(), null)))
                .otherwise(thrown ->
                        new Outcome(wanted.subject(), null, Failure.from(thrown).during(wanted.subject())));
    }
}
