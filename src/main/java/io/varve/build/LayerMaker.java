package io.varve.build;

import io.varve.build.BuildSpec.BlobLayer;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.content.Blob;
import io.varve.decode.DecodeLimits;
import io.varve.decode.Decoders;
import io.varve.encode.Encoding;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.oci.Compression;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.Feed;
import io.varve.pipeline.Flows;
import io.varve.pipeline.LayerMaking;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Stages;
import io.varve.pipeline.WrittenFeed;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the layers of one build, each unless it was made before, by whomever: what can be told twice is hashed first and looked for.
 * Belongs to the conducting context.
 */
final class LayerMaker {
    /** Where what builds are made of comes from, all of it. */
    static final String PLACE = "builds";

    /** Characters of what a layer is told by. */
    private static final int MOST_NAME = 200;

    private final Store store;
    private final Stages stages;
    private final DecodeLimits limits;
    private final Encoding encoding;
    private final Writing writing;
    private final Cancellation wanted;
    private final PullListener listener;
    private final Flows admission;
    private final Sharing sharing;
    // How many layers would be told by each.
    private final Map<String, Integer> names = new HashMap<>();
    // Of all that this holds.
    private final List<Supplier<Future<Void>>> endings = new ArrayList<>();

    LayerMaker(
            Store store,
            Stages stages,
            DecodeLimits limits,
            Encoding encoding,
            Sharing sharing,
            Writing writing,
            Cancellation wanted,
            PullListener listener) {
        this.store = store;
        this.stages = stages;
        this.limits = limits;
        this.encoding = encoding;
        this.sharing = sharing;
        this.writing = writing;
        this.wanted = wanted;
        this.listener = listener;
        admission = new Flows(store.content(), stages, 1, PLACE, wanted);
    }

    /** A layer that can be told twice. */
    Future<MadeLayer> make(LayerContent content, String step) {
        return charged(
                content, () -> stages.compute(() -> digest(content)).compose(diffId -> make(diffId, content, step)));
    }

    /** One of which it is known what it comes to. */
    Future<MadeLayer> make(Digest diffId, LayerContent content, String step) {
        return stages.disk(() -> known(diffId))
                .compose(known -> known.isPresent()
                        ? Future.succeededFuture(made(known.get(), step, content))
                        : shared(diffId, content, step));
    }

    /** One that was not made before, though somebody else may be at it. */
    private Future<MadeLayer> shared(Digest diffId, LayerContent content, String step) {
        if (wanted.isCancelled()) {
            // Whoever joined now would never leave.
            return Future.failedFuture(wanted.cancelled().cause());
        }
        Sharing.Shared others = sharing.join(diffId, encoding);
        if (others == null) {
            Started started = start(content, step);
            Sharing.Shared ours = sharing.begin(diffId, encoding, started.making(), started.draft());
            endings.add(ours::leave);
            return made(ours, step, content);
        }
        Supplier<Future<Void>> leaving = others::leave;
        endings.add(leaving);
        // Who makes it may leave before this is recorded, and then nothing may be staged without a session.
        return writing.session()
                .compose(session -> wanted.over(made(others, step, content)))
                .compose(made -> made.diffId().equals(diffId)
                        ? Future.succeededFuture(made)
                        : Future.failedFuture(Failure.of(Category.CONFLICT, "its files were changed meanwhile")))
                .recover(thrown -> wanted.isCancelled()
                        ? Future.failedFuture(thrown)
                        : left(leaving).compose(left -> make(diffId, content, step)));
    }

    /** What others did not bring to its end is kept by nobody while it is made anew. */
    private Future<Void> left(Supplier<Future<Void>> leaving) {
        endings.remove(leaving);
        return leaving.get();
    }

    private Future<MadeLayer> made(Sharing.Shared shared, String step, LayerContent content) {
        return shared.draft()
                .map(draft -> new MadeLayer(
                        draft.diffId(),
                        draft.blob(),
                        draft.tarBytes(),
                        step,
                        encoding.location(),
                        shared.layer(),
                        content));
    }

    /** The same, whether it was made before or not. */
    Future<MadeLayer> again(LayerContent content, String step) {
        return charged(content, () -> written(content, step));
    }

    private Future<MadeLayer> written(LayerContent content, String step) {
        Started started = held(start(content, step));
        return started.draft().map(draft -> made(draft, step, started.making()));
    }

    private Started start(LayerContent content, String step) {
        return start(new WrittenFeed(content::writeTo), encoding, false, content.mostBytes(), step);
    }

    /** What grows with the entries of others has its memory while it is told. */
    private Future<MadeLayer> charged(LayerContent content, Supplier<Future<MadeLayer>> making) {
        return content instanceof TreeContent trees
                ? stages.withTrees(
                        () -> store.layers().treeBytes(trees.layers()),
                        this,
                        PLACE,
                        wanted,
                        () -> making.get().onComplete(done -> trees.forget()))
                : making.get();
    }

    /** A tar, compressed or not, that passes by once. */
    Future<MadeLayer> make(Feed stream, String step) {
        Started started = held(start(stream, encoding, true, Long.MAX_VALUE, step));
        return started.draft().map(draft -> made(draft, step, started.making()));
    }

    /** A blob of the store, as it is. */
    Future<MadeLayer> make(BlobLayer spec, String step) {
        return stages.disk(() -> stored(spec.digest()))
                .compose(stored -> stages.disk(() -> assembled(stored.digest()))
                        .compose(layer -> layer.isPresent()
                                ? Future.succeededFuture(new MadeLayer(
                                        layer.get().diffId(),
                                        stored,
                                        layer.get().size(),
                                        step,
                                        null,
                                        null,
                                        null))
                                : assemble(stored, step)))
                .recover(thrown -> Future.failedFuture(Failure.from(thrown).during("blob " + spec.digest())));
    }

    private Future<MadeLayer> assemble(Descriptor stored, String step) {
        Feed feed = new WrittenFeed(out -> copy(stored.digest(), out));
        Started started = held(start(feed, null, true, Long.MAX_VALUE, step));
        return started.draft()
                .map(draft ->
                        new MadeLayer(draft.diffId(), stored, draft.tarBytes(), step, null, started.making(), null));
    }

    /** One on its way, which is whoever's began it to close. */
    private record Started(LayerMaking making, Future<LayerMaking.Draft> draft) {}

    /** This is who began it. */
    private Started held(Started started) {
        endings.add(started.making()::close);
        return started;
    }

    private Started start(Feed feed, @Nullable Encoding into, boolean perhapsCompressed, long most, String step) {
        long memory = LayerMaking.bytes(into, LayerMaking.segments(stages), perhapsCompressed, most);
        Told told = new Told(name(step));
        LayerMaking making =
                new LayerMaking(store, stages, limits, into, wanted, new LayerMaking.Meter(told::tar, told::blob));
        // What is staged while nobody is in a session counts as left by a process that died.
        Future<LayerMaking.Draft> draft = writing.session()
                .compose(session -> admission.admit(memory, more -> making.take(feed, perhapsCompressed ? more : null)))
                .onSuccess(made -> listener.made(told.step, made.blob()));
        return new Started(making, draft);
    }

    /** By which a layer is told: no other one of this build has it, and it is no longer than people read. */
    private String name(String step) {
        String name = step.codePointCount(0, step.length()) <= MOST_NAME
                ? step
                : step.substring(0, step.offsetByCodePoints(0, MOST_NAME)) + "…";
        int layers = names.merge(name, 1, Integer::sum);
        return layers == 1 ? name : name + " (" + layers + ")";
    }

    /** How far a layer is, as its stages say on their threads. */
    private final class Told {
        private final String step;
        private volatile long tar;
        private volatile long blob;

        Told(String step) {
            this.step = step;
        }

        void tar(long bytes) {
            tar = bytes;
            listener.advanced(step, bytes, blob);
        }

        void blob(long bytes) {
            blob = bytes;
            listener.advanced(step, tar, bytes);
        }
    }

    private MadeLayer made(LayerMaking.Draft draft, String step, LayerMaking making) {
        return new MadeLayer(draft.diffId(), draft.blob(), draft.tarBytes(), step, encoding.location(), making, null);
    }

    private MadeLayer made(Known known, String step, LayerContent content) {
        return new MadeLayer(
                known.layer().diffId(), known.blob(), known.layer().size(), step, encoding.location(), null, content);
    }

    private record Known(Layer layer, Descriptor blob) {}

    /** Blocks. */
    private Optional<Known> known(Digest diffId) {
        Optional<Layer> layer = store.layers().find(diffId);
        if (layer.isEmpty()) {
            return Optional.empty();
        }
        List<Digest> blobs = encoding.compression() == Compression.NONE
                ? List.of(diffId)
                : store.read(catalogue -> catalogue.blobsOf(diffId, encoding.location()))
                        .orElse(List.of());
        return blobs.stream()
                .flatMap(each -> store.content().find(each).stream())
                .findFirst()
                .map(blob -> new Known(layer.get(), Descriptor.of(encoding.mediaType(), blob.digest(), blob.size())));
    }

    /** Whether it is still there. Blocks. */
    boolean isThere(MadeLayer layer) {
        return store.layers().find(layer.diffId()).isPresent()
                && store.content().find(layer.blob().digest()).isPresent();
    }

    private Digest digest(LayerContent content) throws IOException {
        MessageDigest hash = Digest.Algorithm.SHA256.hash();
        content.writeTo(new WritableByteChannel() {
            @Override
            public int write(ByteBuffer bytes) {
                if (wanted.isCancelled()) {
                    throw Failure.from(wanted.cancelled().cause());
                }
                int count = bytes.remaining();
                hash.update(bytes);
                return count;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        });
        return Digest.of(Digest.Algorithm.SHA256, hash);
    }

    /** As a manifest has it. Blocks. */
    private Descriptor stored(Digest digest) throws IOException {
        Blob blob = store.content().find(digest).orElseThrow(() -> Failure.notFound("got none in the store"));
        Optional<MediaType> known = store.read(catalogue -> catalogue.find(Node.blob(digest)))
                .flatMap(found -> found)
                .map(Entry::mediaType)
                .filter(type -> type.kind() == MediaType.Kind.LAYER);
        return Descriptor.of(
                Layers.ociType(known.orElse(MediaType.Known.OCI_LAYER), sniffed(blob)), digest, blob.size());
    }

    private Compression sniffed(Blob blob) throws IOException {
        try (FileChannel file = store.content().open(blob.digest())) {
            return Decoders.sniff(file);
        }
    }

    private Optional<Layer> assembled(Digest blob) {
        return store.read(catalogue -> catalogue.layersOf(blob)).orElse(List.of()).stream()
                .flatMap(diffId -> store.layers().find(diffId).stream())
                .findFirst();
    }

    private void copy(Digest blob, WritableByteChannel out) throws IOException {
        try (FileChannel in = store.content().open(blob)) {
            TarFileContent.copy(in, out);
        }
    }

    /** Gives back what all of them hold; what was not committed is gone. Never fails. */
    Future<Void> close() {
        return Future.join(endings.stream().map(Supplier::get).toList()).mapEmpty();
    }
}
