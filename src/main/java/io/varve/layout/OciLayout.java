package io.varve.layout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * An OCI image layout that is read. Holds no file open and no state but its directory, so it may be used from any thread;
 * every call reads the disk and blocks.
 */
public final class OciLayout {
    static final String VERSION_KEY = "imageLayoutVersion";
    static final String VERSION = "1.0.0";
    private static final int MARKER_LIMIT = 4096;

    private final LayoutFiles files;
    private final long manifestBytes;

    OciLayout(LayoutFiles files, long manifestBytes) {
        this.files = files;
        this.manifestBytes = manifestBytes;
    }

    /**
     * @param manifestBytes the most bytes of {@code index.json} ({@code limits.manifestBytes})
     * @throws Failure NotFound when there is no such directory, Invalid when it is not a layout of version 1.0.0
     */
    public static OciLayout open(Path directory, long manifestBytes) {
        try {
            OciLayout layout = new OciLayout(new LayoutFiles(directory.toRealPath()), manifestBytes);
            if (!Files.isDirectory(directory)) {
                throw Failure.invalid("got a file, wanted a directory");
            }
            layout.checkVersion();
            return layout;
        } catch (NoSuchFileException e) {
            throw Failure.notFound("layout " + directory + ": got nothing there");
        } catch (IOException e) {
            throw Failure.refused(e).during("layout " + directory);
        } catch (Failure failure) {
            throw failure.during("layout " + directory);
        }
    }

    private void checkVersion() throws IOException {
        try {
            ObjectNode marker = Json.read(whole(LayoutFiles.MARKER, MARKER_LIMIT), MARKER_LIMIT);
            String version = marker.path(VERSION_KEY).asText("nothing");
            if (!marker.path(VERSION_KEY).isTextual() || !version.equals(VERSION)) {
                throw Failure.invalid(VERSION_KEY + ": got " + version + ", wanted " + VERSION);
            }
        } catch (NoSuchFileException e) {
            throw Failure.invalid("got no such file, wanted an OCI image layout")
                    .during(LayoutFiles.MARKER);
        } catch (Failure failure) {
            throw failure.during(LayoutFiles.MARKER);
        }
    }

    /** The images of the layout, as its {@code index.json} says now. */
    public Index index() {
        try {
            return switch (Document.parse(whole(LayoutFiles.INDEX, manifestBytes), manifestBytes)) {
                case Index index -> index;
                case Manifest ignored -> throw Failure.invalid("got a manifest, wanted an image index");
            };
        } catch (NoSuchFileException e) {
            throw Failure.invalid("got no such file, wanted an image index").during(LayoutFiles.INDEX);
        } catch (IOException e) {
            throw Failure.refused(e).during(LayoutFiles.INDEX);
        } catch (Failure failure) {
            throw failure.during(LayoutFiles.INDEX);
        }
    }

    /**
     * The entry of the index that the reference means: the one with its digest; else the one whose
     * {@code org.opencontainers.image.ref.name} is the name verbatim; else the one whose full reference the name is by
     * Docker's conventions, or ends in; without a name the only one there is.
     *
     * @throws Failure NotFound when there is none, Invalid when there are several, both naming what there is
     */
    public Descriptor resolve(LayoutReference reference) {
        Names names = new Names(index());
        if (reference.digest() != null) {
            return names.byDigest(reference.digest());
        }
        return reference.name() == null ? names.only() : names.byName(reference.name());
    }

    /**
     * The bytes of a small blob, verified: what the descriptor embeds if that is it, else the file.
     *
     * @param limit the most bytes to read ({@code limits.manifestBytes})
     * @throws Failure Exceeded when the descriptor announces more than the limit, NotFound when the layout does not have
     *     the blob, Mismatch when size or digest differ
     */
    public byte[] read(Descriptor descriptor, long limit) {
        if (descriptor.size() > Math.min(limit, Integer.MAX_VALUE - 8)) {
            throw Failure.exceeded("bytes of " + descriptor, descriptor.size(), limit, "limits.manifestBytes");
        }
        byte[] embedded = descriptor.data();
        if (embedded != null
                && embedded.length == descriptor.size()
                && descriptor.pointsAt(digest(descriptor, embedded))) {
            return embedded;
        }
        try (FileChannel file = open(descriptor)) {
            byte[] bytes = LayoutFiles.read(file, (int) descriptor.size());
            Digest got = digest(descriptor, bytes);
            if (!descriptor.pointsAt(got)) {
                throw Failure.mismatch("blob", got, descriptor.digest());
            }
            return bytes;
        } catch (IOException e) {
            throw Failure.refused(e).during("blob " + descriptor.digest());
        }
    }

    private static Digest digest(Descriptor descriptor, byte[] bytes) {
        Digest.Algorithm algorithm = descriptor.digest().algorithm();
        MessageDigest hash = algorithm.hash();
        hash.update(bytes);
        return Digest.of(algorithm, hash);
    }

    /**
     * Opens a blob for reading, its size checked and its digest not. The caller closes the channel, and verifies what it
     * reads.
     *
     * @throws Failure NotFound when the layout does not have it, Mismatch when its size differs, Invalid when it is not a
     *     regular file of the layout
     */
    public FileChannel open(Descriptor descriptor) {
        Digest digest = descriptor.digest();
        try {
            FileChannel file = files.open(files.blob(digest));
            long size = file.size();
            if (size != descriptor.size()) {
                file.close();
                throw Failure.mismatch("size", size, descriptor.size());
            }
            return file;
        } catch (NoSuchFileException e) {
            throw Failure.notFound("blob " + digest + ": got no such file in " + files.root() + elsewhere(descriptor));
        } catch (IOException e) {
            throw Failure.refused(e).during("blob " + digest);
        } catch (Failure failure) {
            throw failure.during("blob " + digest);
        }
    }

    private static String elsewhere(Descriptor descriptor) {
        return descriptor.mediaType() instanceof MediaType.Known known && !known.distributable()
                ? "; it is a nondistributable layer, to be had from " + descriptor.urls()
                : "";
    }

    private byte[] whole(String name, long limit) throws IOException {
        try (FileChannel file = files.open(files.root().resolve(name))) {
            if (file.size() > Math.min(limit, Integer.MAX_VALUE - 8)) {
                throw Failure.exceeded("bytes", file.size(), limit, "limits.manifestBytes");
            }
            return LayoutFiles.read(file, (int) file.size());
        }
    }
}
