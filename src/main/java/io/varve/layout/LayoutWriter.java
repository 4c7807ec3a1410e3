package io.varve.layout;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * An OCI image layout that is made. When a call returns, what it wrote is on disk, and a reader never sees anything
 * half-written; the same calls give the same bytes. Blobs may be added from several threads at once, which block; tags are
 * set one after another.
 */
public final class LayoutWriter {
    private static final int BUFFER = 256 << 10;

    private final LayoutDirectory files;
    private final OciLayout layout;

    private LayoutWriter(LayoutDirectory files) {
        this.files = files;
        this.layout = new OciLayout(files, Json.DEFAULT_LIMIT);
    }

    /**
     * Makes an empty layout.
     *
     * @param directory new or empty
     * @throws Failure Conflict when there is something in it
     */
    public static LayoutWriter create(Path directory) {
        try {
            Files.createDirectories(directory);
            try (DirectoryStream<Path> content = Files.newDirectoryStream(directory)) {
                if (content.iterator().hasNext()) {
                    throw Failure.of(
                            Category.CONFLICT,
                            "layout " + directory + ": got a directory with content, wanted an empty one");
                }
            }
            LayoutWriter writer = new LayoutWriter(new LayoutDirectory(directory.toRealPath()));
            writer.files.createDirectories();
            writer.index(Index.of(List.of()));
            // Last, because it is what makes the directory a layout.
            byte[] marker = Json.write(Json.object().put(OciLayout.VERSION_KEY, OciLayout.VERSION));
            writer.files.write(writer.files.path(LayoutFiles.MARKER), marker);
            return writer;
        } catch (IOException e) {
            throw Failure.from(e).during("layout " + directory);
        }
    }

    /** What has been written, to be read. */
    public OciLayout layout() {
        return layout;
    }

    /** Stores these bytes as a blob; already there is success. */
    public Descriptor write(MediaType mediaType, byte[] bytes) {
        Digest digest = Digest.sha256(bytes);
        try {
            Path blob = files.path(LayoutFiles.blob(digest));
            if (!Files.exists(blob)) {
                files.write(blob, bytes);
            }
        } catch (IOException e) {
            throw Failure.from(e).during("blob " + digest);
        }
        return Descriptor.of(mediaType, digest, bytes.length);
    }

    /** Stores a copy of this file as a blob; already there is success. */
    public Descriptor write(MediaType mediaType, Path file) {
        try {
            Path temporary = files.temporary();
            try {
                MessageDigest hash = Digest.Algorithm.SHA256.hash();
                long size = copy(file, temporary, hash);
                Digest digest = Digest.of(Digest.Algorithm.SHA256, hash);
                files.publish(temporary, files.path(LayoutFiles.blob(digest)));
                return Descriptor.of(mediaType, digest, size);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw Failure.from(e).during("blob from " + file);
        }
    }

    private static long copy(Path from, Path to, MessageDigest hash) throws IOException {
        try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ);
                FileChannel out = LayoutDirectory.create(to)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
            while (in.read(buffer.clear()) >= 0) {
                hash.update(buffer.flip());
                buffer.rewind();
                while (buffer.hasRemaining()) {
                    out.write(buffer);
                }
            }
            out.force(true);
            return out.size();
        }
    }

    /**
     * Gives an image its name in the index, which loses that name for what had it.
     *
     * @param image a manifest or image index that has been written
     * @param name a tag or a full reference
     */
    public synchronized void tag(String name, Descriptor image) {
        Names.check(name);
        Index index = layout.index();
        List<Descriptor> entries = new ArrayList<>(index.manifests());
        entries.removeIf(entry -> name.equals(Names.of(entry)));
        entries.add(image.annotated(Descriptor.REF_NAME, name));
        try {
            index(index.with(entries));
        } catch (IOException e) {
            throw Failure.from(e).during("name " + name);
        }
    }

    private void index(Index index) throws IOException {
        files.write(files.path(LayoutFiles.INDEX), index.bytes());
    }
}
