package io.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.ZstdOutputStream;
import io.varve.build.BuildSpec;
import io.varve.build.SpecReader;
import io.varve.layout.LayoutWriter;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.tar.TarEntry;
import io.varve.tar.TarType;
import io.varve.tar.TarWriter;
import io.varve.tar.TarXattr;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/**
 * A small image out of files that the command carries: a gzip layer with a script under two names, a symlink and an
 * extended attribute, and a zstd layer that hides one of the files and replaces another.
 */
final class DemoImage {
    static final String NAME = "demo";

    /** Where the first layer's tar is, beside a spec. */
    static final String TAR = "base.tar";

    private DemoImage() {}

    /**
     * What is to be done to an image to have another motd.
     *
     * @param from the base; or {@code scratch}, and the layer below is a tar that comes beside it
     */
    static BuildSpec spec(String from, String name) {
        String layers = from.equals("scratch") ? """
                [{"tar": "%s"}]""".formatted(TAR) : """
                [{"files": [{"path": "/etc/motd", "text": "two layers, one filesystem\\n"}],
                  "remove": ["/etc/obsolete.conf"]}]""";
        String spec = """
                {"from": "%s", "layers": %s, "config": {"cmd": ["/bin/hello"]}, "tags": ["%s"], "compression": "%s"}""".formatted(from, layers, name, from.equals("scratch") ? "gzip" : "zstd");
        byte[] bytes = spec.getBytes(UTF_8);
        return SpecReader.read(Json.read(bytes, bytes.length));
    }

    /** Writes the image as a new layout; returns its manifest's descriptor. */
    static Descriptor write(Path directory) throws IOException {
        LayoutWriter layout = LayoutWriter.create(directory);
        byte[] base = base();
        byte[] top = top();
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(gzip)) {
            out.write(base);
        }
        ByteArrayOutputStream zstd = new ByteArrayOutputStream();
        try (OutputStream out = new ZstdOutputStream(zstd)) {
            out.write(top);
        }
        ImageConfig config = ImageConfig.of(Platform.ofThisMachine(), List.of(Digest.sha256(base), Digest.sha256(top)));
        Manifest manifest = Manifest.of(
                layout.write(MediaType.Known.OCI_CONFIG, config.bytes()),
                List.of(
                        layout.write(MediaType.Known.OCI_LAYER_GZIP, gzip.toByteArray()),
                        layout.write(MediaType.Known.OCI_LAYER_ZSTD, zstd.toByteArray())));
        Descriptor image = layout.write(MediaType.Known.OCI_MANIFEST, manifest.bytes());
        layout.tag(NAME, image);
        return image;
    }

    /** The first layer's tar. */
    static byte[] base() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        TarWriter tar = new TarWriter(bytes);
        directory(tar, "bin");
        file(tar, "bin/hello", 0755, "#!/bin/sh\necho \"hello from $(cat /etc/motd)\"\n", List.of());
        tar.write(TarEntry.of(TarType.HARDLINK, "bin/hi", "bin/hello", 0755));
        directory(tar, "etc");
        file(
                tar,
                "etc/motd",
                0644,
                "the layer below\n",
                List.of(new TarXattr("user.origin".getBytes(UTF_8), "base".getBytes(UTF_8))));
        file(tar, "etc/obsolete.conf", 0644, "nobody needs this any more\n", List.of());
        tar.write(TarEntry.of(TarType.SYMLINK, "motd", "etc/motd", 0777));
        tar.finish();
        return bytes.toByteArray();
    }

    private static byte[] top() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        TarWriter tar = new TarWriter(bytes);
        file(tar, "etc/.wh.obsolete.conf", 0644, "", List.of());
        file(tar, "etc/motd", 0644, "two layers, one filesystem\n", List.of());
        file(
                tar,
                "etc/tagged",
                0644,
                "this file has an extended attribute\n",
                List.of(new TarXattr("user.origin".getBytes(UTF_8), "top".getBytes(UTF_8))));
        tar.finish();
        return bytes.toByteArray();
    }

    private static void directory(TarWriter tar, String name) throws IOException {
        tar.write(TarEntry.of(TarType.DIRECTORY, name + "/", "", 0755));
    }

    private static void file(TarWriter tar, String name, int mode, String content, List<TarXattr> xattrs)
            throws IOException {
        byte[] bytes = content.getBytes(UTF_8);
        TarEntry entry = TarEntry.of(TarType.REGULAR, name, "", mode)
                .withSize(bytes.length)
                .withXattrs(xattrs);
        tar.write(entry, new ByteArrayInputStream(bytes));
    }
}
