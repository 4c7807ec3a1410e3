package io.varve.archive;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.varve.build.Builds;
import io.varve.build.Inputs;
import io.varve.build.SpecReader;
import io.varve.bus.InTurn;
import io.varve.bus.Slabs;
import io.varve.bus.Waiting;
import io.varve.decode.DecodeLimits;
import io.varve.decode.Decoder;
import io.varve.decode.Decoders;
import io.varve.failure.Failure;
import io.varve.oci.Compression;
import io.varve.oci.Descriptor;
import io.varve.oci.Json;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.ChannelSource;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.Stages;
import io.varve.registry.Access;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Brings images out of files into a store. Safe for any thread. */
public final class Imports {
    private final Store store;
    private final Pulls pulls;
    private final Builds builds;
    private final Supplier<Stages> stages;
    private final DecodeLimits decode;
    private final long uploadBytes;

    /**
     * @param stages deployed when they are first needed
     * @param decode for archives that are compressed as a whole
     * @param uploadBytes of what has to be kept while it is read ({@code limits.uploadBytes})
     */
    public Imports(
            Store store, Pulls pulls, Builds builds, Supplier<Stages> stages, DecodeLimits decode, long uploadBytes) {
        this.store = store;
        this.pulls = pulls;
        this.builds = builds;
        this.stages = stages;
        this.decode = decode;
        this.uploadBytes = uploadBytes;
    }

    /**
     * What is wanted of an archive.
     *
     * @param format null for whatever it is
     * @param names what the image is called, of which there must be one; none for what the archive calls each
     * @param platform of a root filesystem, which does not say it; null for this machine's
     * @param passing whether the file is gone afterwards
     * @param stranger whether he has to show that he can have what the store has already
     * @param naming hears of each name before anything gets it, and throws when it may not
     * @param mayBeNameless whether images may come that nobody can call by a name
     */
    public record Asking(
            @Nullable ArchiveFormat format,
            List<Reference> names,
            @Nullable Platform platform,
            boolean passing,
            boolean stranger,
            Consumer<Reference> naming,
            boolean mayBeNameless) {
        /** Somebody whose store it is. */
        public Asking(
                @Nullable ArchiveFormat format, List<Reference> names, @Nullable Platform platform, boolean passing) {
            this(format, names, platform, passing, false, any -> {}, true);
        }
    }

    /**
     * What came.
     *
     * @param image its manifest or image index
     * @param names that lead to it now
     */
    public record Imported(Descriptor image, List<Reference> names) {}

    /** Somewhere to put what can be read once only. The caller's to close; blocks. */
    public Spool spool() {
        return Spool.begin(store, uploadBytes);
    }

    /** As {@link #read(Path, Asking, Cancellation, PullListener)} of what was put there. */
    public Future<List<Imported>> read(Spool spool, Asking asking, Cancellation going, PullListener listener) {
        return read(spool.path(), asking, going, listener);
    }

    /** As {@link #read(Path, Asking, Cancellation, PullListener)}, for threads that may block; an interrupt cancels it. */
    public List<Imported> read(Path archive, Asking asking, PullListener listener) {
        Cancellation going = new Cancellation();
        return Waiting.on(read(archive, asking, going, listener), going::cancel);
    }

    /** The same of what was put in a spool. */
    public List<Imported> read(Spool spool, Asking asking, PullListener listener) {
        return read(spool.path(), asking, listener);
    }

    /**
     * Brings all images of an archive. Any thread; completes on the conducting context.
     *
     * @param archive a tar, plain or compressed with gzip or zstd
     * @return when all of them are in the store, and their names lead to them; fails with the first that went wrong, and then those before
     *     it are there
     */
    public Future<List<Imported>> read(Path archive, Asking asking, Cancellation wanted, PullListener listener) {
        return pulls.begin(
                wanted,
                going -> stages.get()
                        .disk(() -> opened(archive, asking, going))
                        // It is closed whatever is wrong with it.
                        .compose(opened -> Future.succeededFuture()
                                .compose(now -> brought(opened, asking, going, listener))
                                .eventually(() -> stages.get().disk(() -> {
                                    opened.close();
                                    return true;
                                }))));
    }

    /** @param spool where it was decompressed to; null for what is read where it stands */
    private record Opened(
            Path archive, Contents contents, @Nullable Spool spool) {
        void close() {
            if (spool != null) {
                spool.close();
            }
        }
    }

    private Opened opened(Path archive, Asking asking, Cancellation going) {
        Spool spool = null;
        boolean kept = false;
        try {
            Compression compression = compression(archive);
            if (compression != Compression.NONE && asking.format() != ArchiveFormat.ROOTFS) {
                spool = spool();
                decompress(archive, compression, spool, going);
            }
            Path plain = spool == null ? archive : spool.path();
            Contents contents = Contents.of(
                    plain,
                    asking.format(),
                    store.options().plan(),
                    store.options().tar(),
                    asking.passing() || spool != null,
                    going);
            kept = true;
            return new Opened(plain, contents, spool);
        } catch (NoSuchFileException e) {
            throw Failure.notFound("there is no file " + e.getFile());
        } catch (IOException e) {
            throw Failure.from(e);
        } finally {
            if (spool != null && !kept) {
                spool.close();
            }
        }
    }

    private static Compression compression(Path archive) throws IOException {
        try (FileChannel in = FileChannel.open(archive, StandardOpenOption.READ)) {
            return Decoders.sniff(in);
        }
    }

    private void decompress(Path archive, Compression compression, Spool into, Cancellation going) throws IOException {
        ByteBuf in = Slabs.allocate();
        ByteBuf out = Slabs.allocate();
        try (FileChannel file = FileChannel.open(archive, StandardOpenOption.READ);
                Decoder decoder = Decoders.of(compression, decode)) {
            while (in.writeBytes(file, file.position(), Slabs.SIZE) >= 0) {
                file.position(file.position() + in.readableBytes());
                boolean more = true;
                while (more) {
                    going.check();
                    more = decoder.decode(in, out) == Decoder.Progress.NEEDS_OUTPUT;
                    into.accept(out);
                    out.clear();
                }
                in.clear();
            }
            decoder.finish();
        } catch (Failure e) {
            throw e.during("decompressing the archive");
        } finally {
            in.release();
            out.release();
        }
    }

    private Future<List<Imported>> brought(Opened opened, Asking asking, Cancellation going, PullListener listener) {
        return switch (opened.contents()) {
            case Contents.Images images -> images(images, asking, going, listener);
            case Contents.Rootfs rootfs -> rootfs(opened.archive(), asking, going, listener);
        };
    }

    /** An image, and what it is to be called. */
    private record Wanted(Descriptor image, List<Reference> names) {}

    /** One after another: they have most of their layers in common. */
    private Future<List<Imported>> images(
            Contents.Images images, Asking asking, Cancellation going, PullListener listener) {
        List<Imported> imported = new ArrayList<>();
        return InTurn.each(
                        wanted(images, asking),
                        wanted -> image(images.source(), wanted, asking, going, listener)
                                .onSuccess(there -> imported.add(new Imported(wanted.image(), wanted.names()))))
                .map(done -> imported);
    }

    /** What all of them are called is known, and allowed, before any of them comes. */
    private static List<Wanted> wanted(Contents.Images images, Asking asking) {
        List<ArchivedImage> archived = images.all();
        if (archived.isEmpty()) {
            throw Failure.notFound("got no image in the archive");
        }
        if (!asking.names().isEmpty() && archived.size() != 1) {
            throw Failure.invalid("got " + archived.size() + " images, wanted one to be named "
                    + asking.names().getFirst());
        }
        List<Wanted> all = new ArrayList<>();
        for (ArchivedImage each : archived) {
            List<Reference> names = asking.names().isEmpty()
                    ? each.names().stream().map(ImportedName::of).distinct().toList()
                    : asking.names();
            allowed(names, asking);
            all.add(new Wanted(each.descriptor(), names));
        }
        return all;
    }

    private static void allowed(List<Reference> names, Asking asking) {
        names.forEach(asking.naming());
        if (names.isEmpty() && !asking.mayBeNameless()) {
            throw Failure.invalid("reference: got none, and the archive has no name for the image");
        }
    }

    private Future<Void> image(
            ChannelSource source, Wanted wanted, Asking asking, Cancellation going, PullListener listener) {
        List<Reference> names = wanted.names();
        Reference first = names.isEmpty() ? null : names.getFirst();
        return pulls.pull(source, wanted.image(), first, Platforms.Present.PRESENT, asking.stranger(), going, listener)
                .compose(pulled -> names.size() < 2
                        ? Future.<Void>succeededFuture()
                        : stages.get().disk(() -> tagged(wanted)).mapEmpty())
                .recover(thrown -> Future.failedFuture(Failure.from(thrown)
                        .during(first == null ? wanted.image().digest().toString() : first.toString())));
    }

    private boolean tagged(Wanted wanted) {
        return store.write(
                "import",
                session -> session.write(transaction -> {
                    Instant now = Instant.now();
                    wanted.names()
                            .forEach(name -> transaction.tag(
                                    name.toString(), wanted.image().digest(), now));
                    return true;
                }));
    }

    /** One layer, as it is; its configuration says no more than it must. */
    private Future<List<Imported>> rootfs(Path archive, Asking asking, Cancellation going, PullListener listener) {
        allowed(asking.names(), asking);
        ObjectNode spec = Json.object().put("from", "scratch").put("compression", "none");
        if (asking.platform() != null) {
            spec.put("platform", asking.platform().toString());
        }
        spec.putArray("layers").addObject().put("tar", "rootfs");
        asking.names().forEach(name -> spec.withArray("/tags").add(name.toString()));
        Inputs inputs = name -> Future.succeededFuture(new Inputs.InputFile(archive));
        return builds.build(
                        SpecReader.read(spec),
                        new Builds.Asking(inputs, Access.DEFAULT, asking.stranger(), none -> false),
                        going,
                        listener)
                .map(built -> List.of(new Imported(built.image(), built.tags())));
    }
}
