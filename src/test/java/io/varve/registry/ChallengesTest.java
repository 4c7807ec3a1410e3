package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChallengesTest {
    private static List<Challenge> parse(String... headers) {
        return Challenges.parse(List.of(headers));
    }

    private static Challenge bearer(String... namesAndValues) {
        return challenge("bearer", namesAndValues);
    }

    private static Challenge challenge(String scheme, String... namesAndValues) {
        return new Challenge(
                scheme,
                IntStream.range(0, namesAndValues.length / 2)
                        .boxed()
                        .collect(Collectors.toMap(i -> namesAndValues[2 * i], i -> namesAndValues[2 * i + 1])));
    }

    /** What somebody's registry sends, and what it means. */
    record Sample(String of, String header, List<Challenge> meant) {
        Sample(String of, String header, Challenge... meant) {
            this(of, header, List.of(meant));
        }

        @Override
        public String toString() {
            return of;
        }
    }

    static Stream<Sample> registries() {
        return Stream.of(
                new Sample(
                        "Docker Hub",
                        "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
                                + "scope=\"repository:library/debian:pull\"",
                        bearer(
                                "realm",
                                "https://auth.docker.io/token",
                                "service",
                                "registry.docker.io",
                                "scope",
                                "repository:library/debian:pull")),
                new Sample(
                        "GHCR",
                        "Bearer realm=\"https://ghcr.io/token\",service=\"ghcr.io\",scope=\"repository:user/image:pull\"",
                        bearer(
                                "realm",
                                "https://ghcr.io/token",
                                "service",
                                "ghcr.io",
                                "scope",
                                "repository:user/image:pull")),
                new Sample(
                        "ECR",
                        "Basic realm=\"https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/\",service=\"ecr.amazonaws.com\"",
                        challenge(
                                "basic",
                                "realm",
                                "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/",
                                "service",
                                "ecr.amazonaws.com")),
                new Sample(
                        "ECR public",
                        "Bearer realm=\"https://public.ecr.aws/token/\",service=\"public.ecr.aws\",scope=\"aws\"",
                        bearer("realm", "https://public.ecr.aws/token/", "service", "public.ecr.aws", "scope", "aws")),
                new Sample(
                        "GCR",
                        "Bearer realm=\"https://gcr.io/v2/token\",service=\"gcr.io\"",
                        bearer("realm", "https://gcr.io/v2/token", "service", "gcr.io")),
                new Sample(
                        "Quay",
                        "Bearer realm=\"https://quay.io/v2/auth\",service=\"quay.io\"",
                        bearer("realm", "https://quay.io/v2/auth", "service", "quay.io")),
                new Sample(
                        "Harbor",
                        "Bearer realm=\"https://harbor.example/service/token\",service=\"harbor-registry\","
                                + "scope=\"repository:a/b:pull repository:a/c:pull,push\"",
                        bearer(
                                "realm",
                                "https://harbor.example/service/token",
                                "service",
                                "harbor-registry",
                                "scope",
                                "repository:a/b:pull repository:a/c:pull,push")),
                new Sample("Harbor, catalogue", "Basic realm=\"harbor\"", challenge("basic", "realm", "harbor")),
                new Sample(
                        "GitLab",
                        "Bearer realm=\"https://gitlab.com/jwt/auth\",service=\"container_registry\","
                                + "scope=\"repository:a/b:pull\",error=\"invalid_token\"",
                        bearer(
                                "realm",
                                "https://gitlab.com/jwt/auth",
                                "service",
                                "container_registry",
                                "scope",
                                "repository:a/b:pull",
                                "error",
                                "invalid_token")),
                new Sample(
                        "ACR",
                        "Bearer realm=\"https://example.azurecr.io/oauth2/token\",service=\"example.azurecr.io\"",
                        bearer("realm", "https://example.azurecr.io/oauth2/token", "service", "example.azurecr.io")),
                new Sample(
                        "Nexus",
                        "BASIC realm=\"Sonatype Nexus Repository Manager\"",
                        challenge("basic", "realm", "Sonatype Nexus Repository Manager")));
    }

    static Stream<Sample> grammar() {
        return Stream.of(
                new Sample("a scheme alone", "Negotiate", challenge("negotiate")),
                new Sample("two schemes alone", "Negotiate, Basic", challenge("negotiate"), challenge("basic")),
                new Sample(
                        "two challenges",
                        "Basic realm=\"a\", Bearer realm=\"b\",service=c",
                        challenge("basic", "realm", "a"),
                        bearer("realm", "b", "service", "c")),
                new Sample(
                        "RFC 9110",
                        "Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"",
                        challenge("basic", "realm", "simple"),
                        challenge("newauth", "realm", "apps", "type", "1", "title", "Login to \"apps\"")),
                new Sample(
                        "token68",
                        "NTLM TlRMTVNTUAAC==, Basic realm=x",
                        challenge("ntlm"),
                        challenge("basic", "realm", "x")),
                new Sample("token68 that looks like a name", "Bearer realm", bearer()),
                new Sample("token68 that looks like a name without a value", "Bearer realm=", bearer()),
                new Sample(
                        "token68 without padding", "Scheme a/b+c-d._~, Basic", challenge("scheme"), challenge("basic")),
                new Sample(
                        "odd spacing",
                        " ,\t, bEaReR \t ReAlM\t= \"a\" , , service =b ,",
                        bearer("realm", "a", "service", "b")),
                new Sample("parameters after an empty element", "Bearer ,realm=a", bearer("realm", "a")),
                new Sample(
                        "commas, equals signs and schemes in quotes",
                        "Bearer realm=\"a, Basic realm=b, \", service=\"=\"",
                        bearer("realm", "a, Basic realm=b, ", "service", "=")),
                new Sample("empty value in quotes", "Bearer realm=\"\"", bearer("realm", "")),
                new Sample("escape before anything", "Bearer realm=\"\\a\\\\\\,\"", bearer("realm", "a\\,")),
                new Sample(
                        "bytes beyond ASCII in quotes",
                        "Basic realm=\"h\u00e4\"",
                        challenge("basic", "realm", "h\u00e4")));
    }

    @ParameterizedTest
    @MethodSource({"registries", "grammar"})
    void readsWhatRegistriesSend(Sample sample) {
        assertThat(parse(sample.header())).isEqualTo(sample.meant());
    }

    @Test
    void readsHeadersInTheirOrder() {
        assertThat(parse("Basic realm=a", "nonsense =", "Bearer realm=b"))
                .containsExactly(challenge("basic", "realm", "a"), bearer("realm", "b"));
        assertThat(parse()).isEmpty();
    }

    @Test
    void parameterBelongsToNoChallengeOfAnotherHeader() {
        assertThat(parse("Basic realm=a", "service=b")).containsExactly(challenge("basic", "realm", "a"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ",,,",
                "=",
                "\"",
                "realm=a",
                "Bearer realm=\"a",
                "Bearer realm=\"a\\",
                "Bearer realm=\"a\\\"",
                "Bearer realm=\"a\"b",
                "Bearer realm=\"a\" service=\"b\"",
                "Bearer realm=a, realm=b",
                "Bearer realm=https://a/b",
                "Bearer realm=\"a\r\nAuthorization: b\"",
                "Bearer realm=\"\u0000\"",
                "Bearer=realm=a",
                "Bearer: realm=a",
                "Bearer\"realm\"",
                "Bearer ==",
                "(Bearer) realm=a",
                "{\"errors\":[]}",
                "\u0130"
            })
    void leavesOutWhatIsWrong(String header) {
        assertThat(parse(header)).isEmpty();
    }

    @Test
    void keepsWhatStandsBeforeWhatIsWrong() {
        assertThat(parse("Basic realm=a, Bearer realm=\"b, Negotiate"))
                .containsExactly(challenge("basic", "realm", "a"));
    }

    @Test
    void readsNoMoreThanAnybodyNeeds() {
        assertThat(parse("Basic realm=\"" + "a".repeat(1 << 14) + "\"")).isEmpty();
        assertThat(parse("a,".repeat(1000))).hasSize(16);
        String[] many = new String[1000];
        Arrays.fill(many, "Basic");
        assertThat(parse(many)).hasSize(16);
        assertThat(parse("Bearer " + names(32))).hasSize(1);
        assertThat(parse("Bearer " + names(33))).isEmpty();
    }

    private static String names(int count) {
        return IntStream.range(0, count).mapToObj(i -> "n" + i + "=v").collect(Collectors.joining(","));
    }

    @Test
    void neverThrows() {
        Random random = new Random(8);
        String alphabet = "aB=,\"\\ \t/~\u0001\u00e4";
        for (int i = 0; i < 200_000; i++) {
            StringBuilder header = new StringBuilder();
            for (int length = random.nextInt(16); length > 0; length--) {
                header.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            String text = header.toString();
            assertThatCode(() -> parse(text)).as(text).doesNotThrowAnyException();
        }
    }

    @Test
    void knowsParametersByName() {
        Challenge challenge = new Challenge("bearer", Map.of("realm", "a"));
        assertThat(challenge.parameter("realm")).isEqualTo("a");
        assertThat(challenge.parameter("service")).isEmpty();
    }
}
