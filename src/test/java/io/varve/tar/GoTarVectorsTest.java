package io.varve.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.failure.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The archives that Go's archive/tar is tested with, against what Go makes of them. */
class GoTarVectorsTest {
    private static final Path VECTORS =
            Path.of(System.getProperty("varve.corpora", "../shared/corpora")).resolve("go-tar");

    /** Archives we knowingly read in another way than Go; the tests below say how and why. */
    private static final Set<String> DEVIATIONS = Set.of("pax-global-records.tar", "pax-path-hdr.tar");

    @TestFactory
    List<DynamicTest> readsVectorsAsGoDoes() throws IOException {
        assumeTrue(Files.isDirectory(VECTORS), "the Go tar vectors are not here");
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode vector : new ObjectMapper()
                .readTree(VECTORS.resolve("expected_listing.json").toFile())) {
            String file = vector.get("file").asText();
            if (!DEVIATIONS.contains(file)) {
                tests.add(DynamicTest.dynamicTest(file, () -> compare(bytes(file), vector)));
            }
        }
        return tests;
    }

    @Test
    void appliesGlobalRecordsThatGoLeavesToItsCaller() throws IOException {
        assumeTrue(Files.isDirectory(VECTORS), "the Go tar vectors are not here");

        List<TarEntry> entries = Reading.read(bytes("pax-global-records.tar"));

        assertThat(Reading.names(entries)).containsExactly("global1", "file2", "file3", "file4");
        assertThat(entries)
                .extracting(TarEntry::mtime)
                .containsExactly(1_500_000_000L, 1_500_000_000L, 1_500_000_000L, 1_400_000_000L);
    }

    @Test
    void takesExtendedHeaderWithoutItsMemberForTruncated() throws IOException {
        assumeTrue(Files.isDirectory(VECTORS), "the Go tar vectors are not here");
        byte[] tar = bytes("pax-path-hdr.tar");

        assertThatThrownBy(() -> Reading.read(tar))
                .hasMessageContaining("wanted the member that an extended header describes");
    }

    private static byte[] bytes(String file) throws IOException {
        byte[] bytes = Files.readAllBytes(VECTORS.resolve("testdata").resolve(file));
        if (file.endsWith(".base64")) {
            return Base64.getMimeDecoder().decode(bytes);
        }
        if (file.endsWith(".bz2")) {
            try (BZip2CompressorInputStream in = new BZip2CompressorInputStream(new ByteArrayInputStream(bytes))) {
                return in.readAllBytes();
            }
        }
        return bytes;
    }

    private static void compare(byte[] tar, JsonNode vector) throws NoSuchAlgorithmException {
        if (vector.get("result").asText().equals("error")) {
            assertThatThrownBy(() -> Reading.read(tar)).isInstanceOf(Failure.class);
            return;
        }
        List<TarEntry> entries = Reading.read(tar);
        assertThat(entries).hasSize(vector.get("entries").size());
        for (int i = 0; i < entries.size(); i++) {
            compare(tar, entries.get(i), vector.get("entries").get(i));
        }
    }

    private static void compare(byte[] tar, TarEntry entry, JsonNode wanted) throws NoSuchAlgorithmException {
        byte[] name = wanted.has("name_hex")
                ? HexFormat.of().parseHex(wanted.get("name_hex").asText())
                : wanted.get("name").asText().getBytes(UTF_8);
        String flag = wanted.get("type").asText();
        assertThat(entry.name()).isEqualTo(name);
        // Sparse files are files and GNU's directories with lists are directories.
        assertThat(entry.type().flag())
                .isEqualTo(flag.replace('S', '0').replace('D', '5').getBytes(US_ASCII)[0]);
        assertThat(entry.size())
                .isEqualTo(entry.type() == TarType.REGULAR ? wanted.get("size").asLong() : 0);
        assertThat(entry.mode()).isEqualTo(Integer.parseInt(wanted.get("mode").asText(), 8) & 07777);
        assertThat(Instant.ofEpochSecond(entry.mtime(), entry.nanos()))
                .isEqualTo(Instant.parse(wanted.get("mtime_rfc3339").asText()));
        assertThat(entry.uid()).isEqualTo(wanted.get("uid").asLong());
        assertThat(entry.gid()).isEqualTo(wanted.get("gid").asLong());
        assertThat(new String(entry.link(), UTF_8))
                .isEqualTo(wanted.path("linkname").asText());
        if (entry.type().isDevice()) {
            assertThat(entry.major()).isEqualTo(wanted.path("devmajor").asInt());
            assertThat(entry.minor()).isEqualTo(wanted.path("devminor").asInt());
        }
        Map<String, String> xattrs = new TreeMap<>();
        wanted.path("xattrs_hex")
                .properties()
                .forEach(x -> xattrs.put(x.getKey(), x.getValue().asText()));
        assertThat(entry.xattrs())
                .extracting(x -> new String(x.name(), UTF_8) + HexFormat.of().formatHex(x.value()))
                .containsExactlyElementsOf(xattrs.entrySet().stream()
                        .map(x -> x.getKey() + x.getValue())
                        .toList());
        if (entry.type() == TarType.REGULAR && wanted.has("content_sha256")) {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(Reading.content(tar, entry));
            assertThat(HexFormat.of().formatHex(digest))
                    .isEqualTo(wanted.get("content_sha256").asText());
        }
    }
}
