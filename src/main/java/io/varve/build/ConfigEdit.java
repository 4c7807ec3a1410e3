package io.varve.build;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.build.BuildSpec.ConfigSpec;
import io.varve.build.BuildSpec.Healthcheck;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Platform;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a base with what a spec changes of it (image-spec, config.md). Members that nobody spoke of stay as they are, in their
 * order; so the same base and spec come to the same bytes.
 */
final class ConfigEdit {
    /** What old builders said of the container in which they made the image, which is not this one. */
    private static final List<String> STALE =
            List.of("container", "container_config", "docker_version", "id", "parent");

    private final ObjectNode json;
    private final ObjectNode execution;

    private ConfigEdit(ObjectNode json) {
        this.json = json;
        execution = json.path("config") instanceof ObjectNode there ? there : json.putObject("config");
    }

    /**
     * @param base null for none
     * @param diffIds of all layers, base first
     * @param steps what made each layer that is new, in words
     */
    static ImageConfig of(
            @Nullable ImageConfig base,
            Platform platform,
            ConfigSpec spec,
            Instant created,
            List<Digest> diffIds,
            List<String> steps) {
        ObjectNode json = base == null ? ImageConfig.of(platform, List.of()).toJson() : base.toJson();
        json.remove(STALE);
        ConfigEdit edit = new ConfigEdit(json);
        json.put("created", created.toString());
        edit.put("author", spec.author());
        edit.apply(spec);
        ArrayNode ids = json.putObject("rootfs").put("type", "layers").putArray("diff_ids");
        diffIds.forEach(diffId -> ids.add(diffId.toString()));
        edit.history(diffIds.size() - steps.size(), created, steps, spec.author());
        return ImageConfig.of(json);
    }

    private void put(String name, @Nullable String value) {
        if (value != null) {
            json.put(name, value);
        }
    }

    private void apply(ConfigSpec spec) {
        variables(spec.env());
        if (spec.entrypoint() != null) {
            texts("Entrypoint", spec.entrypoint());
            // What was to be said to the program before means nothing to this one.
            execution.remove("Cmd");
        }
        texts("Cmd", spec.cmd());
        text("WorkingDir", spec.workdir());
        text("User", spec.user());
        labels(spec.labels());
        names("ExposedPorts", spec.exposedPorts());
        names("Volumes", spec.volumes());
        text("StopSignal", spec.stopSignal());
        healthcheck(spec.healthcheck());
        texts("Shell", spec.shell());
    }

    private void text(String name, @Nullable String value) {
        if (value != null) {
            execution.put(name, value);
        }
    }

    private void texts(String name, @Nullable List<String> values) {
        if (values != null) {
            values.forEach(execution.putArray(name)::add);
        }
    }

    private void variables(Map<String, @Nullable String> env) {
        if (env.isEmpty()) {
            return;
        }
        Map<String, String> all = new LinkedHashMap<>();
        for (JsonNode variable : execution.path("Env")) {
            String text = variable.asText();
            all.put(text.substring(0, text.indexOf('=')), text);
        }
        env.forEach((name, value) -> {
            if (value == null) {
                all.remove(name);
            } else {
                all.put(name, name + "=" + value);
            }
        });
        all.values().forEach(execution.putArray("Env")::add);
    }

    private void labels(Map<String, @Nullable String> labels) {
        if (labels.isEmpty()) {
            return;
        }
        ObjectNode all = execution.path("Labels") instanceof ObjectNode there ? there : execution.putObject("Labels");
        labels.forEach((name, value) -> {
            if (value == null) {
                all.remove(name);
            } else {
                all.put(name, value);
            }
        });
    }

    /** A set, which is written as the names of members. */
    private void names(String name, Set<String> values) {
        if (values.isEmpty()) {
            return;
        }
        ObjectNode all = execution.path(name) instanceof ObjectNode there ? there : execution.putObject(name);
        new TreeSet<>(values).forEach(all::putObject);
    }

    private void healthcheck(@Nullable Healthcheck check) {
        if (check == null) {
            return;
        }
        ObjectNode json = execution.putObject("Healthcheck");
        check.test().forEach(json.putArray("Test")::add);
        number(json, "Interval", check.interval());
        number(json, "Timeout", check.timeout());
        number(json, "StartPeriod", check.startPeriod());
        number(json, "StartInterval", check.startInterval());
        number(json, "Retries", check.retries());
    }

    private static void number(ObjectNode json, String name, long value) {
        if (value > 0) {
            json.put(name, value);
        }
    }

    /** A history that does not tell of every layer of the base is none to go on with. */
    private void history(int baseLayers, Instant created, List<String> steps, @Nullable String author) {
        int told = 0;
        for (JsonNode step : json.path("history")) {
            told += step.path("empty_layer").asBoolean() ? 0 : 1;
        }
        if (told != baseLayers) {
            json.remove("history");
            return;
        }
        ArrayNode history = json.path("history") instanceof ArrayNode there ? there : json.putArray("history");
        for (String step : steps) {
            ObjectNode entry =
                    history.addObject().put("created", created.toString()).put("created_by", step);
            if (author != null) {
                entry.put("author", author);
            }
        }
    }
}
