package io.varve.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import io.varve.oci.Platform;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigDiffTest {
    private static ImageConfig config(String config) {
        ObjectNode json = ImageConfig.of(
                        new Platform("linux", "amd64", null),
                        List.of(Digest.sha256(config.getBytes(StandardCharsets.UTF_8))))
                .toJson();
        json.set("config", Json.read(config.getBytes(StandardCharsets.UTF_8), 1000));
        return ImageConfig.of(json);
    }

    @Test
    void tellsFieldsVariablesAndLabelsOneByOne() {
        ImageConfig from = config("""
                {"User": "root", "Env": ["A=1", "B=x=y"], "Cmd": ["a"], "Labels": {"l": "1", "m": "2"}, "Volumes": {"/v": {}}}""");
        ImageConfig to = config("""
                {"Env": ["B=x=z", "C="], "Cmd": ["a", "b"], "Labels": {"l": "1"}, "ExposedPorts": {"80/tcp": {}}, "Shell": null}""");

        assertThat(ConfigDiff.of(from, to))
                .containsExactly(
                        new ConfigDiff.Change("config.Cmd", "[\"a\"]", "[\"a\",\"b\"]"),
                        new ConfigDiff.Change("config.Env.A", "1", null),
                        new ConfigDiff.Change("config.Env.B", "x=y", "x=z"),
                        new ConfigDiff.Change("config.Env.C", null, ""),
                        new ConfigDiff.Change("config.ExposedPorts.80/tcp", null, ""),
                        new ConfigDiff.Change("config.Labels.m", "2", null),
                        new ConfigDiff.Change("config.User", "root", null),
                        new ConfigDiff.Change("config.Volumes./v", "", null));
    }

    @Test
    void layersAndHistoryAreNotTold() {
        assertThat(ConfigDiff.of(config("{}"), config("{ }"))).isEmpty();
    }
}
