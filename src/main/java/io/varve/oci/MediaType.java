package io.varve.oci;

import io.varve.failure.Failure;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a blob is, as its descriptor says: one of the types of OCI image-spec 1.1 and of Docker's image manifest v2
 * schema 2, or another one carried verbatim.
 */
public sealed interface MediaType permits MediaType.Known, MediaType.Other {

    /** What Varve can do with a blob. */
    enum Kind {
        MANIFEST,
        /** An image index, or Docker's manifest list. */
        INDEX,
        /** The configuration of a runnable image. */
        CONFIG,
        LAYER,
        /** Carried, never interpreted. */
        OTHER
    }

    Kind kind();

    /** The wire form. */
    @Override
    String toString();

    /** @throws Failure Invalid when the text is not {@code type/subtype} (RFC 6838, section 4.2), parameters included */
    static MediaType parse(String text) {
        Known known = Known.BY_TEXT.get(text);
        return known != null ? known : new Other(text);
    }

    /** The types Varve knows. */
    enum Known implements MediaType {
        OCI_MANIFEST("application/vnd.oci.image.manifest.v1+json", Kind.MANIFEST),
        OCI_INDEX("application/vnd.oci.image.index.v1+json", Kind.INDEX),
        OCI_CONFIG("application/vnd.oci.image.config.v1+json", Kind.CONFIG),
        OCI_LAYER("application/vnd.oci.image.layer.v1.tar", Compression.NONE, true),
        OCI_LAYER_GZIP("application/vnd.oci.image.layer.v1.tar+gzip", Compression.GZIP, true),
        OCI_LAYER_ZSTD("application/vnd.oci.image.layer.v1.tar+zstd", Compression.ZSTD, true),
        OCI_NONDISTRIBUTABLE("application/vnd.oci.image.layer.nondistributable.v1.tar", Compression.NONE, false),
        OCI_NONDISTRIBUTABLE_GZIP(
                "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Compression.GZIP, false),
        OCI_NONDISTRIBUTABLE_ZSTD(
                "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", Compression.ZSTD, false),
        DOCKER_MANIFEST("application/vnd.docker.distribution.manifest.v2+json", Kind.MANIFEST),
        DOCKER_INDEX("application/vnd.docker.distribution.manifest.list.v2+json", Kind.INDEX),
        DOCKER_CONFIG("application/vnd.docker.container.image.v1+json", Kind.CONFIG),
        DOCKER_LAYER("application/vnd.docker.image.rootfs.diff.tar", Compression.NONE, true),
        DOCKER_LAYER_GZIP("application/vnd.docker.image.rootfs.diff.tar.gzip", Compression.GZIP, true),
        DOCKER_LAYER_ZSTD("application/vnd.docker.image.rootfs.diff.tar.zstd", Compression.ZSTD, true),
        DOCKER_FOREIGN("application/vnd.docker.image.rootfs.foreign.diff.tar", Compression.NONE, false),
        DOCKER_FOREIGN_GZIP("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Compression.GZIP, false);

        private static final Map<String, Known> BY_TEXT =
                Arrays.stream(values()).collect(Collectors.toMap(Known::toString, Function.identity()));

        private final String text;
        private final Kind kind;
        private final Compression compression;
        private final boolean distributable;

        Known(String text, Kind kind) {
            this(text, kind, Compression.NONE, true);
        }

        Known(String text, Compression compression, boolean distributable) {
            this(text, Kind.LAYER, compression, distributable);
        }

        Known(String text, Kind kind, Compression compression, boolean distributable) {
            this.text = text;
            this.kind = kind;
            this.compression = compression;
            this.distributable = distributable;
        }

        @Override
        public Kind kind() {
            return kind;
        }

        /** How a layer is compressed; every other kind is not. */
        public Compression compression() {
            return compression;
        }

        /** Whether registries carry it. A layer that is not distributable is fetched from the urls of its descriptor. */
        public boolean distributable() {
            return distributable;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** A type that Varve carries and does not interpret. */
    record Other(String text) implements MediaType {
        private static final String NAME = "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}";
        private static final Pattern GRAMMAR = Pattern.compile(NAME + "/" + NAME);

        public Other {
            if (!GRAMMAR.matcher(text).matches()) {
                throw Failure.invalid("media type: got " + text + ", wanted type/subtype");
            }
        }

        @Override
        public Kind kind() {
            return Kind.OTHER;
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
