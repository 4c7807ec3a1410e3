package io.varve.build;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.build.BuildSpec.BlobLayer;
import io.varve.build.BuildSpec.CopyFrom;
import io.varve.build.BuildSpec.HostDirectory;
import io.varve.build.BuildSpec.Inline;
import io.varve.build.BuildSpec.LayerSpec;
import io.varve.build.BuildSpec.Tar;
import io.varve.bus.Here;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.Plan;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.ImageName;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.Image;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.Stages;
import io.varve.pipeline.Together;
import io.varve.pipeline.WrittenFeed;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One build: its bases are found, its layers made, its documents written. Belongs to the conducting context. */
final class Build {
    private final Builds builds;
    private final BuildSpec spec;
    private final Instant created;
    private final Builds.Asking asking;
    // Ended by the first failure, and by nothing while all of it is recorded.
    private final Cancellation going;
    private final PullListener listener;
    private final Writing writing;
    private final LayerMaker maker;
    // What is the same for all platforms is made once; and whatever stands twice in the spec.
    private final Map<Object, Future<MadeLayer>> making = new HashMap<>();

    Build(Builds builds, BuildSpec spec, Builds.Asking asking, Cancellation going, PullListener listener) {
        this.builds = builds;
        this.spec = spec;
        created = spec.created() == null ? Instant.EPOCH : spec.created();
        this.asking = asking;
        this.going = going.part();
        this.listener = listener;
        String purpose =
                spec.tags().isEmpty() ? "build" : "build " + spec.tags().getFirst();
        writing = new Writing(store(), stages(), purpose, this.going);
        maker = new LayerMaker(
                store(),
                stages(),
                builds.decodeLimits(),
                spec.encoding(),
                builds.sharing(),
                writing,
                this.going,
                listener);
    }

    private Store store() {
        return builds.store();
    }

    private Stages stages() {
        return builds.stages();
    }

    /** When it completes, nothing is held any more; what was made and not committed is gone. */
    Future<Built> run() {
        return all().compose(images -> going.over(
                                Here.on(stages().context(), asking.inputs().whole()))
                        .compose(ended -> recorded(images)))
                .onFailure(going::cancel)
                .eventually(maker::close)
                .transform(writing::leave);
    }

    private Future<Built> recorded(List<BuiltImage> images) {
        if (going.isCancelled()) {
            return Future.failedFuture(going.cancelled().cause());
        }
        long most = store().options().plan().manifestBytes();
        images.forEach(image -> image.check(most));
        return new Recording(
                        store(),
                        stages(),
                        writing,
                        maker,
                        spec.tags(),
                        images,
                        spec.platforms().size() < 2 ? null : Recording.index(images, spec.annotations()))
                .record(image -> builds.stacking().check(image, stages(), going));
    }

    private Future<List<BuiltImage>> all() {
        PlanLimits limits = store().options().plan();
        // Each has a manifest and a configuration, and the index comes on top.
        int documents = 1 + 2 * spec.platforms().size();
        if (documents > limits.documents()) {
            return Future.failedFuture(Failure.exceeded("documents", documents, limits.documents(), "limits.documents")
                    .during("platforms"));
        }
        List<Platform> platforms = spec.platforms().isEmpty() ? List.of(Platform.ofThisMachine()) : spec.platforms();
        // Those that pass by once come when they come, and wait for nobody.
        spec.layers().forEach(layer -> {
            if (layer instanceof Tar tar) {
                Future<MadeLayer> _ = made(tar, () -> input(tar));
            }
        });
        BuiltImage[] images = new BuiltImage[platforms.size()];
        List<Supplier<Future<?>>> works = new ArrayList<>();
        for (int i = 0; i < images.length; i++) {
            int place = i;
            works.add(() -> image(platforms.get(place)).onSuccess(image -> images[place] = image));
        }
        return Together.all(works, 1, going).map(done -> List.of(images));
    }

    private Future<BuiltImage> image(Platform platform) {
        return base(platform)
                .compose(base -> layers(base, platform)
                        .compose(layers -> spec.squash()
                                ? squashed(base, layers)
                                : stages().compute(() ->
                                        BuiltImage.of(base, layers, spec.config(), created, spec.annotations()))));
    }

    private Future<Base> base(Platform platform) {
        ImageName from = spec.from();
        return from == null
                ? Future.succeededFuture(Base.scratch(platform))
                : found(from, platform)
                        .map(image -> new Base(image.plan().platform(), image.plan()))
                        .recover(thrown ->
                                Future.failedFuture(Failure.from(thrown).during("from " + from)));
    }

    /** In the store, or else in its registry, with all of its layers. */
    private Future<Image> found(ImageName name, Platform platform) {
        return stages().disk(() -> planned(name, platform))
                .compose(there -> there.isPresent()
                        ? Future.succeededFuture(there.get())
                        : pulled(name, platform)
                                .compose(pulled -> stages().disk(() -> planned(name, platform)
                                        .orElseThrow(() -> builds.images().missing(name)))))
                .compose(plan -> builds.images().open(plan, going, listener));
    }

    private Optional<ImagePlan> planned(ImageName name, Platform platform) {
        Plan plan;
        try {
            plan = builds.images().plan(name, platform);
        } catch (Failure e) {
            if (e.category() == Category.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
        return switch (plan) {
            case ImagePlan image -> Optional.of(image);
            case ArtifactPlan artifact ->
                throw Failure.invalid("got an artifact (" + artifact.type() + "), wanted an image");
        };
    }

    private Future<Pulls.Pulled> pulled(ImageName name, Platform platform) {
        return switch (name) {
            case Digest digest -> Future.failedFuture(builds.images().missing(digest));
            case Reference reference
            when !asking.mayPull().test(reference) ->
                Future.failedFuture(builds.images().missing(reference));
            case Reference reference ->
                builds.pulls()
                        .pull(
                                new Origin.Remote(reference, asking.access()),
                                null,
                                false,
                                new Platforms.Nearest(platform),
                                asking.stranger(),
                                going,
                                listener);
        };
    }

    /** In the order of the spec. */
    private Future<List<MadeLayer>> layers(Base base, Platform wanted) {
        store().options()
                .plan()
                .checkLayers(base.diffIds().size() + spec.layers().size());
        MadeLayer[] layers = new MadeLayer[spec.layers().size()];
        List<Supplier<Future<?>>> works = new ArrayList<>();
        for (int i = 0; i < layers.length; i++) {
            int place = i;
            LayerSpec layer = spec.layers().get(i);
            works.add(() -> layer(layer, wanted)
                    .onSuccess(made -> layers[place] = made)
                    .recover(thrown -> Future.failedFuture(Failure.from(thrown).during("layers[" + place + "]"))));
        }
        return Together.all(works, builds.layersAtOnce(), going).map(done -> List.of(layers));
    }

    private Future<MadeLayer> layer(LayerSpec layer, Platform platform) {
        String step = step(layer);
        return switch (layer) {
            case Tar tar -> made(tar, () -> input(tar));
            case BlobLayer blob -> made(blob, () -> maker.make(blob, step));
            case Inline inline ->
                made(
                        inline,
                        () -> stages().compute(() -> new InlineContent(inline, created))
                                .compose(content -> maker.make(content, step)));
            case HostDirectory directory ->
                made(
                        directory,
                        () -> stages().disk(() -> asking.inputs().directory(directory.path()))
                                .compose(found -> maker.make(
                                        new DirectoryContent(
                                                directory,
                                                found,
                                                created,
                                                store().options().layers().depth()),
                                        step)));
            case CopyFrom copy ->
                made(
                        List.of(copy, platform),
                        () -> found(copy.image(), platform)
                                .compose(image -> maker.make(new CopyContent(copy, image), step))
                                .recover(thrown ->
                                        Future.failedFuture(Failure.from(thrown).during("copyFrom " + copy.image()))));
        };
    }

    private Future<MadeLayer> made(Object what, Supplier<Future<MadeLayer>> work) {
        Future<MadeLayer> known = making.get(what);
        if (known != null) {
            return known;
        }
        Future<MadeLayer> made;
        try {
            // It heeds that by itself, and is over when what it has begun has ended: a pull in it too.
            made = work.get();
        } catch (Failure e) {
            made = Future.failedFuture(e);
        }
        making.put(what, made);
        return made;
    }

    private Future<MadeLayer> input(Tar tar) {
        String step = step(tar);
        return stages().disk(() -> asking.inputs().tar(tar.name()))
                // Which may never come.
                .compose(coming -> going.over(Here.on(stages().context(), coming)))
                .compose(input -> switch (input) {
                    case Inputs.InputFile file -> ofFile(file, step);
                    case Inputs.InputStream stream -> maker.make(stream.feed(), step);
                })
                .recover(thrown -> Future.failedFuture(Failure.from(thrown).during("tar " + tar.name())));
    }

    /** One that is compressed is decoded on its way, so its own bytes tell nothing of whether it was made before. */
    private Future<MadeLayer> ofFile(Inputs.InputFile input, String step) {
        TarFileContent content = new TarFileContent(input.file());
        return stages().disk(content::isCompressed)
                .compose(compressed ->
                        compressed ? maker.make(new WrittenFeed(content::writeTo), step) : maker.make(content, step));
    }

    /** What made a layer, for its image's history: in words that depend on nothing but the spec. */
    private static String step(LayerSpec layer) {
        return "varve build: "
                + switch (layer) {
                    case Tar tar -> "tar " + tar.name();
                    case BlobLayer blob -> "blob " + blob.digest();
                    case CopyFrom copy ->
                        "copy "
                                + String.join(
                                        ", ",
                                        copy.paths().stream()
                                                .map(path -> "/" + path.target())
                                                .toList())
                                + " from " + copy.image();
                    case HostDirectory directory -> "directory /" + directory.target();
                    case Inline inline -> inline(inline);
                };
    }

    private static String inline(Inline inline) {
        List<String> words = new ArrayList<>();
        if (!inline.removed().isEmpty()) {
            words.add("remove " + named(inline.removed()));
        }
        if (!inline.files().isEmpty()) {
            words.add("files "
                    + named(inline.files().stream()
                            .map(BuildSpec.InlineFile::path)
                            .toList()));
        }
        return String.join("; ", words);
    }

    private static String named(List<String> paths) {
        List<String> first = paths.stream().limit(3).map(path -> "/" + path).toList();
        return String.join(", ", first)
                + (paths.size() > first.size() ? " and " + (paths.size() - first.size()) + " more" : "");
    }

    /** All that the layers show together as one layer, over nothing. */
    private Future<BuiltImage> squashed(Base base, List<MadeLayer> layers) {
        BuiltImage all = BuiltImage.of(base, layers, spec.config(), created, spec.annotations());
        return new Recording(store(), stages(), writing, maker, List.of(), List.of(all), null)
                .bring()
                .compose(brought -> stages().disk(() -> stack(base, layers)))
                .compose(stack -> maker.make(new Squashed(store(), stack), "varve build: squash"))
                .map(layer -> BuiltImage.of(
                        Base.scratch(base.platform()),
                        List.of(layer),
                        ConfigEdit.of(
                                withoutHistory(base),
                                base.platform(),
                                spec.config(),
                                created,
                                List.of(layer.diffId()),
                                List.of(layer.step())),
                        spec.annotations()));
    }

    private static @Nullable ImageConfig withoutHistory(Base base) {
        ImageConfig config = base.config();
        if (config == null) {
            return null;
        }
        ObjectNode json = config.toJson();
        json.remove("history");
        return ImageConfig.of(json);
    }

    private List<Layer> stack(Base base, List<MadeLayer> layers) {
        return Stream.concat(base.diffIds().stream(), layers.stream().map(MadeLayer::diffId))
                .map(diffId -> store().layers()
                        .find(diffId)
                        .orElseThrow(() -> Failure.notFound("layer " + diffId + " was removed meanwhile")))
                .toList();
    }
}
