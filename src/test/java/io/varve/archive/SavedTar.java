package io.varve.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.image.Tarball;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Platform;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Parts of what {@code docker save} writes, right or wrong. */
final class SavedTar {
    static final byte[] BASE = new Tarball().dir("etc").file("etc/base", "base").bytes();
    static final byte[] TOP = new Tarball().file("etc/top", "top").bytes();

    private SavedTar() {}

    static byte[] config(byte[]... layers) {
        return ImageConfig.of(
                        Platform.ofThisMachine(),
                        Arrays.stream(layers).map(Digest::sha256).toList())
                .bytes();
    }

    /** @param names of the layers' members, base first */
    static String manifest(String tag, String... names) {
        return "[{\"Config\":\"config.json\",\"RepoTags\":[\"" + tag + "\"],\"Layers\":["
                + Arrays.stream(names).map(name -> "\"" + name + "\"").collect(Collectors.joining(",")) + "]}]";
    }

    static Tarball file(Tarball tar, String name, byte[] content) {
        return tar.file(name.getBytes(UTF_8), content);
    }

    /** An image of two layers. */
    static Tarball image(String tag) {
        Tarball tar = new Tarball();
        file(tar, "config.json", config(BASE, TOP));
        file(tar, "1/layer.tar", BASE);
        file(tar, "2.tar", TOP);
        return tar.file("manifest.json", manifest(tag, "1/layer.tar", "2.tar"));
    }

    /** One layer of an archive that is older than {@code manifest.json}, without its tar. */
    static Tarball step(Tarball tar, String id, String more) {
        return tar.dir(id)
                .file(id + "/VERSION", "1.0")
                .file(
                        id + "/json",
                        "{\"id\":\"" + id + "\",\"created\":\"2014-01-01T00:00:00Z\",\"Size\":1" + more + "}");
    }
}
