package io.varve.layout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.tar.TarLimits;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Objects;

/**
 * An OCI image layout that is read: a directory, or an archive of one, which is not unpacked. Holds no file open and no
 * state but its place, and of an archive where its files are, so it may be used from any thread; every call reads the disk
 * and blocks.
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
     * Opens the directory or archive of a reference. Of an archive all headers are read, and nothing between them.
     *
     * @param manifestBytes the most bytes of {@code index.json} ({@code limits.manifestBytes})
     * @param archive what an archive may ask for
     * @throws Failure NotFound when there is nothing of that name; Invalid when it is not a layout of version 1.0.0, or an
     *     archive that is malformed or compressed; Exceeded when the archive passes a limit
     */
    public static OciLayout open(LayoutReference reference, long manifestBytes, TarLimits archive) {
        return open(reference, manifestBytes, archive, () -> {});
    }

    /**
     * The same for somebody who may not want it any more.
     *
     * @param wanted is asked before each entry of an archive, and throws when it is not
     */
    public static OciLayout open(LayoutReference reference, long manifestBytes, TarLimits archive, Runnable wanted) {
        return switch (reference.form()) {
            case DIRECTORY -> open(reference.path(), manifestBytes);
            case ARCHIVE ->
                checked(reference.path(), manifestBytes, () -> {
                    return LayoutArchive.index(reference.path().toRealPath(), archive, wanted);
                });
        };
    }

    /**
     * @param manifestBytes the most bytes of {@code index.json} ({@code limits.manifestBytes})
     * @throws Failure NotFound when there is no such directory, Invalid when it is not a layout of version 1.0.0
     */
    public static OciLayout open(Path directory, long manifestBytes) {
        return checked(directory, manifestBytes, () -> {
            Path root = directory.toRealPath();
            if (!Files.isDirectory(root)) {
                throw Failure.invalid("got a file, wanted a directory");
            }
            return new LayoutDirectory(root);
        });
    }

    /** How the files of a layout are found. */
    @FunctionalInterface
    private interface Opening {
        LayoutFiles files() throws IOException;
    }

    private static OciLayout checked(Path place, long manifestBytes, Opening opening) {
        try {
            OciLayout layout = new OciLayout(opening.files(), manifestBytes);
            layout.checkVersion();
            return layout;
        } catch (NoSuchFileException e) {
            throw Failure.notFound("layout " + place + ": got nothing there");
        } catch (IOException e) {
            throw Failure.from(e).during("layout " + place);
        } catch (Failure failure) {
            throw failure.during("layout " + place);
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
            throw unreadable(Failure.invalid("got no such file, wanted an image index"));
        } catch (IOException | Failure e) {
            throw unreadable(Failure.from(e));
        }
    }

    private Failure unreadable(Failure failure) {
        return failure.during(LayoutFiles.INDEX).during("layout " + files.place());
    }

    /** Every manifest and image index that the layout's index lists, in its order. */
    public List<NamedImage> images() {
        return new Names(index()).images();
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
        byte[] embedded = descriptor.embedded().orElse(null);
        if (embedded != null) {
            return embedded;
        }
        try (Run file = run(descriptor)) {
            byte[] bytes = file.bytes((int) descriptor.size());
            Digest got = digest(descriptor, bytes);
            if (!descriptor.pointsAt(got)) {
                throw Failure.mismatch("blob", got, descriptor.digest());
            }
            return bytes;
        } catch (IOException e) {
            throw Failure.from(e).during("blob " + descriptor.digest());
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
     * reads; the channel ends where the blob does.
     *
     * @param offset of the first byte to be read, at most the blob's size
     * @throws Failure NotFound when the layout does not have it, Mismatch when its size differs, Invalid when it is not a
     *     regular file of the layout, Conflict when the archive is not the one that was opened
     */
    public ReadableByteChannel open(Descriptor descriptor, long offset) {
        Objects.checkFromToIndex(offset, descriptor.size(), descriptor.size());
        Run file = run(descriptor);
        file.seek(offset);
        return file;
    }

    private Run run(Descriptor descriptor) {
        Digest digest = descriptor.digest();
        try {
            Run file = files.open(LayoutFiles.blob(digest));
            if (file.size() != descriptor.size()) {
                file.close();
                throw Failure.mismatch("size", file.size(), descriptor.size());
            }
            return file;
        } catch (NoSuchFileException e) {
            throw Failure.notFound("blob " + digest + ": got no such file in " + files.place() + elsewhere(descriptor));
        } catch (IOException e) {
            throw Failure.from(e).during("blob " + digest);
        } catch (Failure failure) {
            throw failure.during("blob " + digest);
        }
    }

    private static String elsewhere(Descriptor descriptor) {
        return descriptor.isForeign() ? "; it is a nondistributable layer, to be had from " + descriptor.urls() : "";
    }

    private byte[] whole(String name, long limit) throws IOException {
        try (Run file = files.open(name)) {
            if (file.size() > Math.min(limit, Integer.MAX_VALUE - 8)) {
                throw Failure.exceeded("bytes", file.size(), limit, "limits.manifestBytes");
            }
            return file.bytes((int) file.size());
        }
    }
}
