package io.varve.oci;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DescriptorTest {
    private static final Digest DIGEST = Digest.sha256(new byte[0]);

    private static Descriptor parse(String members) {
        String json = "{'mediaType':'text/plain','digest':'" + DIGEST + "','size':0" + members + "}";
        return new Descriptor(Field.root(Json.read(json.replace('\'', '"').getBytes(UTF_8), 10_000)));
    }

    @Test
    void hasItsMembers() {
        Descriptor descriptor = parse(",'urls':['https://example.com/x'],'annotations':{'a':'b'},'data':'',"
                + "'platform':{'os':'linux','architecture':'arm64','variant':'v8'},'artifactType':'a/b'");
        assertThat(descriptor.mediaType()).hasToString("text/plain");
        assertThat(descriptor.digest()).isEqualTo(DIGEST);
        assertThat(descriptor.size()).isZero();
        assertThat(descriptor.urls()).containsExactly("https://example.com/x");
        assertThat(descriptor.annotations()).containsEntry("a", "b");
        assertThat(descriptor.data()).isEmpty();
        assertThat(descriptor.platform()).hasToString("linux/arm64");
        assertThat(descriptor.artifactType()).hasToString("a/b");
    }

    @Test
    void takesNullForAbsent() {
        Descriptor descriptor =
                parse(",'urls':null,'annotations':null,'data':null,'platform':null,'artifactType':null");
        assertThat(descriptor.urls()).isEmpty();
        assertThat(descriptor.annotations()).isEmpty();
        assertThat(descriptor.data()).isNull();
        assertThat(descriptor.platform()).isNull();
        assertThat(descriptor.artifactType()).isNull();
    }

    @Test
    void keepsWhatItDoesNotKnow() {
        assertThat(parse(",'x':{'y':[1]}").annotated("k", "v").toJson().toString())
                .contains("\"x\":{\"y\":[1]}")
                .contains("\"annotations\":{\"k\":\"v\"}");
    }

    @Test
    void annotatesACopy() {
        Descriptor before = parse(",'annotations':{'a':'b'}");
        Descriptor after = before.annotated("a", "c");
        assertThat(before.annotations()).containsEntry("a", "b");
        assertThat(after.annotations()).containsEntry("a", "c");
        assertThat(after).isNotEqualTo(before).isEqualTo(before.annotated("a", "c"));
    }

    @Test
    void cannotBeChangedThroughItsJson() {
        Descriptor descriptor = parse("");
        descriptor.toJson().put("size", 1);
        assertThat(descriptor).isEqualTo(parse("")).hasSameHashCodeAs(parse(""));
    }

    @Test
    void listsAnAlgorithmNobodyComputesButDoesNotUseIt() {
        Descriptor descriptor = new Descriptor(Field.root(parse("").toJson().put("digest", "blake3:abcd")));
        assertThat(descriptor).hasToString("text/plain blake3:abcd (0 bytes)");
        assertThat(descriptor.pointsAt(DIGEST)).isFalse();
        assertThatThrownBy(descriptor::digest)
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Invalid: digest: got \"blake3:abcd\", wanted sha256:");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'size':-1 | size: got -1, wanted 0 or more",
                "'size':1.5 | size: got 1.5, wanted a whole number of at most 64 bits",
                "'size':9223372036854775808 | size: got 9223372036854775808, wanted a whole number of at most 64 bits",
                "'mediaType':7 | mediaType: got 7, wanted a string",
                "'mediaType':'x' | mediaType: got \"x\", wanted a media type, type/subtype",
                "'digest':'../x' | digest: got \"../x\", wanted <algorithm>:<encoded>",
                "'urls':['x'] | urls[0]: got \"x\", wanted an absolute URI",
                "'urls':'x' | urls: got \"x\", wanted an array",
                "'annotations':{'a':1} | annotations.a: got 1, wanted a string",
                "'annotations':[] | annotations: got an array, wanted an object",
                "'data':'e30' | data: got \"e30\", wanted base64 with padding",
                "'data':'****' | data: got \"****\", wanted base64 with padding",
                "'platform':{'os':'linux'} | platform.architecture: got nothing, wanted a string",
                "'platform':'linux' | platform.os: got nothing, wanted a string",
            })
    void namesTheFieldAndWhatWasWrong(String member, String wrong) {
        String json = "{'mediaType':'text/plain','digest':'" + DIGEST + "','size':0}";
        var tree = Json.read(json.replace('\'', '"').getBytes(UTF_8), 10_000);
        tree.setAll(Json.read(("{" + member.replace('\'', '"') + "}").getBytes(UTF_8), 10_000));
        assertThatThrownBy(() -> new Descriptor(Field.root(tree))).hasMessage("Invalid: " + wrong);
    }

    @Test
    void recognisesAttestations() {
        assertThat(parse(",'annotations':{'vnd.docker.reference.type':'attestation-manifest'}")
                        .isAttestation())
                .isTrue();
        assertThat(parse(",'platform':{'os':'unknown','architecture':'unknown'}")
                        .isAttestation())
                .isTrue();
        assertThat(parse(",'platform':{'os':'linux','architecture':'amd64'}").isAttestation())
                .isFalse();
    }

    @Test
    void ofManyUrlsTheFirstOnesAreTriedAndAllAreKept() {
        List<String> urls = IntStream.range(0, 100)
                .mapToObj(each -> "https://example.com/" + each)
                .toList();

        Descriptor descriptor = parse(",'urls':['" + String.join("','", urls) + "']");

        assertThat(descriptor.urls()).isEqualTo(urls.subList(0, 16));
        assertThat(descriptor.toJson().get("urls")).hasSize(100);
    }
}
