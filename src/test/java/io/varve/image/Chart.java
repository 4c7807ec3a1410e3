package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.layout.LayoutWriter;
import io.varve.oci.Descriptor;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import java.util.List;

/** A chart as Helm makes them: an artifact, which is no image. */
final class Chart {
    static final String TYPE = "application/vnd.cncf.helm.config.v1+json";

    private static final byte[] CONTENT = "apiVersion: v2".getBytes(UTF_8);

    private Chart() {}

    /** What its only blob has. */
    static byte[] content() {
        return CONTENT.clone();
    }

    /** The manifest, whose title has two lines. */
    static Descriptor write(LayoutWriter layout) {
        Descriptor content =
                layout.write(MediaType.parse("application/vnd.cncf.helm.chart.content.v1.tar+gzip"), CONTENT);
        ObjectNode manifest = Manifest.of(
                        layout.write(MediaType.parse(TYPE), "{}".getBytes(UTF_8)),
                        List.of(content.annotated("org.opencontainers.image.title", "chart.tgz")))
                .toJson();
        manifest.putObject("annotations").put("org.opencontainers.image.title", "a\nchart");
        return layout.write(MediaType.Known.OCI_MANIFEST, Json.write(manifest));
    }
}
