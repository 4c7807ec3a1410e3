package io.varve.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.varve.auth.Action;
import io.varve.failure.Failure;
import io.varve.http.Bytes;
import io.varve.http.Outgoing;
import io.varve.http.Servable;
import io.varve.image.Entries;
import io.varve.layerfs.OpenFile;
import io.varve.layerfs.Tree;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.Plan;
import io.varve.pipeline.Image;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Files of images over HTTP, straight from their extents: nothing is mounted or unpacked. Symlinks lead to where they lead inside the
 * image. Belongs to one event loop.
 */
final class FileFace {
    private static final Set<String> PARAMETERS = Set.of("limit", "after", "platform");
    private static final int LISTED = 1000;
    private static final int MOST_LISTED = 10_000;

    private final Plans plans;
    private final OpenImages open;
    private final Outgoing outgoing;

    FileFace(Plans plans, OpenImages open, Outgoing outgoing) {
        this.plans = plans;
        this.open = open;
        this.outgoing = outgoing;
    }

    /** Bytes of a file, or entries of a directory. */
    Future<Void> get(Exchange exchange) {
        ImagePath path = ImagePath.parse(String.valueOf(exchange.request().path()));
        exchange.allowQueries(PARAMETERS);
        Page page = new Page(exchange);
        return open(exchange, path.reference()).compose(image -> {
            int inode = image.tree().resolve(path.file());
            if (inode == Tree.NONE) {
                throw Failure.notFound("the image has no such path").during(path.shown());
            }
            guard(exchange.response());
            return switch (image.tree().type(inode)) {
                case REGULAR -> file(exchange, image, inode);
                case DIRECTORY ->
                    outgoing.disk(() -> page.of(image.tree(), inode))
                            .compose(json -> exchange.answer(200, "application/json", json));
                case SYMLINK, CHARACTER, BLOCK, FIFO ->
                    throw Failure.invalid("got " + image.tree().type(inode) + ", which has no bytes")
                            .during(path.shown());
            };
        });
    }

    private Future<Image> open(Exchange exchange, String reference) {
        Plans.Asked asked = Plans.Asked.of(reference, exchange.query("platform"));
        return plans.find(exchange.scopes(), Action.READ, asked).compose(plan -> open.open(image(plan)));
    }

    private static ImagePlan image(Plan plan) {
        return switch (plan) {
            case ImagePlan image -> image;
            case ArtifactPlan artifact ->
                throw Failure.invalid("got an artifact (" + artifact.type() + "), which has no files");
        };
    }

    private Future<Void> file(Exchange exchange, Image image, int inode) {
        Tree tree = image.tree();
        Servable file = new Servable(
                entityTag(image, inode), "application/octet-stream", tree.size(inode), () -> bytes(image, inode));
        return file.answer(outgoing, exchange.reader(), range -> Refused.range(range, tree.size(inode)));
    }

    private Bytes bytes(Image image, int inode) throws IOException {
        OpenFile file;
        try {
            file = OpenFile.of(image.tree(), inode, image.layers());
        } catch (NoSuchFileException e) {
            open.forget(image);
            throw Failure.notFound("a layer of the image was removed meanwhile");
        }
        return new Bytes() {
            @Override
            public void read(ByteBuffer into, long position) throws IOException {
                file.read(into, position);
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }

    /** Of the layer that never changes, and the place in it. */
    private static String entityTag(Image image, int inode) {
        Tree tree = image.tree();
        String place = tree.extents(inode) == 0
                ? "0"
                : image.layers().get(tree.layer(inode)).diffId().hex() + "-" + Long.toHexString(tree.extentAt(inode, 0))
                        + "-" + tree.extents(inode);
        return "\"" + place + "-" + Long.toHexString(tree.size(inode)) + "\"";
    }

    /** Whatever is in an image is no page of ours. */
    private static void guard(HttpServerResponse response) {
        response.putHeader("X-Content-Type-Options", "nosniff").putHeader("Content-Security-Policy", "sandbox");
    }

    /** Which entries of a directory, in the order of their names' bytes. */
    private static final class Page {
        private final int limit;
        private final byte @Nullable [] after;

        Page(Exchange exchange) {
            limit = limit(exchange.query("limit"));
            after = after(exchange.query("after"));
        }

        private static int limit(@Nullable String text) {
            if (text == null) {
                return LISTED;
            }
            if (!text.matches("[1-9][0-9]{0,4}") || Integer.parseInt(text) > MOST_LISTED) {
                throw Failure.invalid("parameter limit: got " + text + ", wanted 1 to " + MOST_LISTED);
            }
            return Integer.parseInt(text);
        }

        private static byte @Nullable [] after(@Nullable String text) {
            try {
                return text == null ? null : Base64.getUrlDecoder().decode(text);
            } catch (IllegalArgumentException e) {
                throw Failure.invalid("parameter after: got " + text + ", wanted what next was");
            }
        }

        byte[] of(Tree tree, int directory) throws IOException {
            int entry = tree.firstEntry(directory);
            if (after != null) {
                while (entry < tree.endEntry(directory) && Arrays.compareUnsigned(tree.name(entry), after) <= 0) {
                    entry++;
                }
            }
            int end = (int) Math.min((long) entry + limit, tree.endEntry(directory));
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
                json.writeStartObject();
                json.writeArrayFieldStart("entries");
                for (int each = entry; each < end; each++) {
                    Entries.write(json, tree, tree.name(each), tree.inode(each));
                }
                json.writeEndArray();
                if (end < tree.endEntry(directory)) {
                    json.writeStringField(
                            "next", Base64.getUrlEncoder().withoutPadding().encodeToString(tree.name(end - 1)));
                }
                json.writeEndObject();
            }
            return bytes.toByteArray();
        }
    }
}
