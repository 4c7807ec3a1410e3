package io.varve.benchmark.regress;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where figures come from.
 *
 * @param memory in bytes; it decides how much heap Java takes by default
 * @param filesystem that of the images and of what they are pulled into
 */
record Machine(String cpu, int cores, long memory, String kernel, String jdk, String filesystem) {
    private static final String NOTHING = "0";

    static Machine here(Path directory) throws IOException {
        return new Machine(
                processor(),
                Runtime.getRuntime().availableProcessors(),
                1024 * Long.parseLong(line("/proc/meminfo", "MemTotal").replaceAll("[^0-9]", "")),
                System.getProperty("os.version"),
                System.getProperty("java.vm.vendor") + " " + System.getProperty("java.runtime.version"),
                Files.getFileStore(directory).type());
    }

    /** As {@link #json} wrote it; one that is like no other if there is nothing. */
    static Machine of(JsonNode json) {
        return new Machine(
                json.path("cpu").asText(),
                json.path("cores").asInt(),
                json.path("memory").asLong(),
                json.path("kernel").asText(),
                json.path("jdk").asText(),
                json.path("filesystem").asText());
    }

    /**
     * Whether advantages there can be expected here: they change with cores, with what the processor has instructions for (SHA-256),
     * with memory, and with what it costs to write files.
     */
    boolean isLike(Machine other) {
        return cpu.equals(other.cpu)
                && cores == other.cores
                && Math.abs(memory - other.memory) < memory / 4
                && filesystem.equals(other.filesystem);
    }

    ObjectNode json() {
        return Json.object()
                .put("cpu", cpu)
                .put("cores", cores)
                .put("memory", memory)
                .put("kernel", kernel)
                .put("jdk", jdk)
                .put("filesystem", filesystem);
    }

    /** Clouds give processors of several generations the same name. */
    private static String processor() throws IOException {
        String name = line("/proc/cpuinfo", "model name");
        String family = line("/proc/cpuinfo", "cpu family");
        return family.equals(NOTHING)
                ? name
                : name + ", family " + family + ", model " + line("/proc/cpuinfo", "model\t");
    }

    private static String line(String file, String beginning) throws IOException {
        try (var lines = Files.lines(Path.of(file))) {
            return lines.filter(line -> line.startsWith(beginning))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(NOTHING);
        }
    }
}
