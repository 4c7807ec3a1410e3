package io.varve.archive;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The images of an archive as Docker wrote it before 1.10: {@code repositories} leads from names to layers, and each layer is a directory
 * with its tar and a JSON document, which says what layer it is on top of. The configuration is made of the topmost of these as Docker made
 * it when it moved such images.
 *
 * <pre>
 *   repositories    {"debian": {"7": "511136…"}}
 *   511136…/json    {"id": "511136…", "parent": "…", "created": "…", "config": {…}, …}
 *   511136…/layer.tar
 * </pre>
 */
final class LegacyImages {
    private static final Pattern ID = Pattern.compile("[a-f0-9]{1,128}");

    /** What a layer's document says of the layer and not of the image. */
    private static final List<String> OF_THE_LAYER =
            List.of("id", "parent", "parent_id", "layer_id", "throwaway", "Size");

    private final Members members;
    private final PlanLimits limits;
    private final MadeImages source;
    private final Map<Long, Digest> diffIds = new HashMap<>();

    LegacyImages(Members members, PlanLimits limits) {
        this.members = members;
        this.limits = limits;
        source = new MadeImages(members, limits);
    }

    /** One layer with what its document says. */
    private record Step(String id, ObjectNode json) {
        boolean isEmpty() {
            return json.path("throwaway").booleanValue();
        }
    }

    /** @throws Failure Invalid or NotFound, naming the image and the member */
    Contents.Images read() {
        Map<String, List<String>> names = names();
        List<ArchivedImage> images = new ArrayList<>();
        names.forEach((id, called) -> {
            try {
                images.add(new ArchivedImage(image(chain(id)), called));
            } catch (Failure e) {
                throw e.during(called.getFirst());
            }
        });
        return new Contents.Images(source, images);
    }

    /** By the topmost layer. */
    private Map<String, List<String>> names() {
        byte[] bytes = members.read(members.file(ArchiveNames.REPOSITORIES), limits.manifestBytes());
        Map<String, List<String>> names = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, JsonNode> repository :
                    Json.read(bytes, limits.manifestBytes()).properties()) {
                for (Map.Entry<String, JsonNode> tag : repository.getValue().properties()) {
                    names.computeIfAbsent(id(tag.getValue()), first -> new ArrayList<>())
                            .add(repository.getKey() + ":" + tag.getKey());
                }
            }
            if (names.size() > limits.documents()) {
                throw Failure.exceeded("images", names.size(), limits.documents(), "limits.documents");
            }
            return names;
        } catch (Failure e) {
            throw e.during(ArchiveNames.REPOSITORIES);
        }
    }

    private static String id(JsonNode node) {
        if (!node.isTextual() || !ID.matcher(node.textValue()).matches()) {
            throw Failure.invalid("got " + node + ", wanted the id of a layer");
        }
        return node.textValue();
    }

    /** Base first. */
    private List<Step> chain(String top) {
        List<Step> chain = new ArrayList<>();
        Set<String> seen = new LinkedHashSet<>();
        String id = top;
        long bytes = 0;
        while (!id.isEmpty()) {
            if (!seen.add(id)) {
                throw Failure.invalid("layers: got " + id + " below itself");
            }
            if (seen.size() > limits.layers()) {
                throw Failure.exceeded("layers", seen.size(), limits.layers(), "limits.layers");
            }
            String document = id + "/json";
            try {
                Member member = members.file(document);
                bytes += member.size();
                limits.checkAll("the layers' documents", bytes);
                ObjectNode json = Json.read(members.read(member, limits.manifestBytes()), limits.manifestBytes());
                chain.addFirst(new Step(id, json));
                id = json.hasNonNull("parent") ? id(json.get("parent")) : "";
            } catch (Failure e) {
                throw e.during(document);
            }
        }
        return chain;
    }

    private Descriptor image(List<Step> chain) {
        ObjectNode config = chain.getLast().json().deepCopy();
        OF_THE_LAYER.forEach(config::remove);
        if (!config.hasNonNull("os")) {
            config.put("os", "linux");
        }
        if (!config.hasNonNull("architecture")) {
            config.put("architecture", "amd64");
        }
        ObjectNode rootfs = config.putObject("rootfs").put("type", "layers");
        ArrayNode ids = rootfs.putArray("diff_ids");
        ArrayNode history = config.putArray("history");
        List<Descriptor> layers = new ArrayList<>();
        for (Step step : chain) {
            history.add(history(step));
            if (!step.isEmpty()) {
                Member tar = members.file(step.id() + "/layer.tar");
                Digest diffId = diffId(tar);
                ids.add(diffId.toString());
                layers.add(source.layer(tar, diffId));
            }
        }
        byte[] bytes = Json.write(config);
        // What it is made of may be anything.
        ImageConfig.parse(bytes, limits.manifestBytes());
        return source.manifest(source.config(bytes), layers);
    }

    private Digest diffId(Member tar) {
        if (!source.isPlain(tar)) {
            throw Failure.invalid(tar.name() + ": got a compressed layer, wanted a plain tar");
        }
        return diffIds.computeIfAbsent(tar.start(), first -> members.digest(tar));
    }

    private static ObjectNode history(Step step) {
        ObjectNode history = Json.object();
        for (String each : List.of("created", "author", "comment")) {
            if (step.json().path(each).isTextual()) {
                history.set(each, step.json().get(each));
            }
        }
        List<String> words = new ArrayList<>();
        step.json().at("/container_config/Cmd").forEach(word -> words.add(word.asText()));
        if (!words.isEmpty()) {
            history.put("created_by", String.join(" ", words));
        }
        if (step.isEmpty()) {
            history.put("empty_layer", true);
        }
        return history;
    }
}
