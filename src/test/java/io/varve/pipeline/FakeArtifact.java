package io.varve.pipeline;

import io.varve.oci.Descriptor;
import io.varve.oci.Document;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An artifact of a fake source: a chart, as far as its media types go.
 *
 * @param blobs without the configuration
 */
public record FakeArtifact(Descriptor manifest, Descriptor config, List<Descriptor> blobs) {
    public static final MediaType TYPE = MediaType.parse("application/vnd.cncf.helm.config.v1+json");
    public static final MediaType CONTENT = MediaType.parse("application/vnd.cncf.helm.chart.content.v1.tar+gzip");

    public static FakeArtifact of(FakeSource source, byte[] config, byte[]... contents) {
        List<Descriptor> blobs = new ArrayList<>();
        for (byte[] content : contents) {
            blobs.add(source.add(CONTENT, content));
        }
        return of(source, source.add(TYPE, config), blobs);
    }

    public static FakeArtifact of(FakeSource source, Descriptor config, List<Descriptor> blobs) {
        byte[] bytes = Manifest.of(config, blobs).bytes();
        return new FakeArtifact(source.add(MediaType.Known.OCI_MANIFEST, bytes), config, blobs);
    }

    /** Pulls it, from the source that it was made in. */
    public void pull(Pull pull, FakeSource source, @Nullable String name) {
        Cancellation wanted = new Cancellation();
        Conducting.on(
                TestStages.get().context(),
                wanted,
                () -> pull.pull(new Pull.Wish(source, manifest, name, Platforms.HERE), wanted, PullListener.NONE));
    }

    /** The manifest, the configuration and the blobs. */
    public List<Descriptor> all() {
        List<Descriptor> all = new ArrayList<>(List.of(manifest, config));
        all.addAll(blobs);
        return all;
    }

    /** The descriptor with a url. */
    static Descriptor withUrl(Descriptor descriptor, String url) {
        var json = Manifest.of(descriptor, List.of()).toJson();
        json.withObject("/config").putArray("urls").add(url);
        return ((Manifest) Document.parse(Json.write(json), Json.DEFAULT_LIMIT)).config();
    }

    /** The descriptor with one more member, which is no annotation. */
    static Descriptor with(Descriptor descriptor, String member, String value) {
        var json = Manifest.of(descriptor, List.of()).toJson();
        json.withObject("/config").put(member, value);
        return ((Manifest) Document.parse(Json.write(json), Json.DEFAULT_LIMIT)).config();
    }
}
