package io.varve.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What skopeo says of images, and makes of them. */
final class Skopeo {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;

    /** The test needs it. */
    Skopeo(Path directory) {
        Peers.need("skopeo");
        this.directory = directory;
    }

    private String run(String... words) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("skopeo", "--insecure-policy"));
        all.addAll(List.of(words));
        return new Program(directory, all.toArray(String[]::new)).succeed();
    }

    void copy(String from, String to, String... options) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(
                List.of("copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false", from, to));
        all.addAll(List.of(options));
        run(all.toArray(String[]::new));
    }

    String digest(String image) throws IOException, InterruptedException {
        return run("inspect", "--tls-verify=false", "--format", "{{.Digest}}", image)
                .strip();
    }

    JsonNode manifest(String image) throws IOException, InterruptedException {
        return JSON.readTree(run("inspect", "--tls-verify=false", "--raw", image));
    }

    /** As skopeo understands it. */
    JsonNode config(String image) throws IOException, InterruptedException {
        return JSON.readTree(run("inspect", "--tls-verify=false", "--config", image));
    }

    List<String> diffIds(String image) throws IOException, InterruptedException {
        return texts(config(image).at("/rootfs/diff_ids"));
    }

    /** Of the layers, base first. */
    List<String> mediaTypes(String image) throws IOException, InterruptedException {
        List<String> types = new ArrayList<>();
        manifest(image)
                .get("layers")
                .forEach(layer -> types.add(layer.get("mediaType").textValue()));
        return types;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add(each.textValue()));
        return texts;
    }
}
