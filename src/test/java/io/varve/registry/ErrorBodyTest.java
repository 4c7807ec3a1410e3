package io.varve.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorBodyTest {
    private static String told(String body, String... secrets) {
        return ErrorBody.told(body.getBytes(UTF_8), List.of(secrets));
    }

    /** What a registry or token server answers, and what is shown of it. */
    record Sample(String of, String body, String shown) {
        @Override
        public String toString() {
            return of;
        }
    }

    static Stream<Sample> samples() {
        return Stream.of(
                new Sample("Docker Hub, manifest", """
                        {"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":"unknown tag=nope"}]}
                        """, "MANIFEST_UNKNOWN: manifest unknown: unknown tag=nope"),
                new Sample("Docker Hub, denied", """
                        {"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":[{"Type":"repository",\
                        "Class":"","Name":"library/nope","Action":"pull"}]}]}
                        """, "UNAUTHORIZED: authentication required"),
                new Sample("Docker Hub, token", """
                        {"details":"incorrect username or password"}
                        """, "incorrect username or password"),
                new Sample("OAuth2", """
                        {"error":"invalid_grant","error_description":"refresh token has expired"}
                        """, "refresh token has expired"),
                new Sample("OAuth2 without words", "{\"error\":\"invalid_grant\"}", "invalid_grant"),
                new Sample("Quay", "{\"error\": \"Invalid username or password.\"}", "Invalid username or password."),
                new Sample(
                        "Quay, problem",
                        "{\"status\":404,\"title\":\"not_found\",\"detail\":\"Not Found\"}",
                        "Not Found"),
                new Sample(
                        "ECR",
                        "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"Your authorization token has expired.\"}]}",
                        "DENIED: Your authorization token has expired."),
                new Sample("message only", "{\"message\":\"slow down\"}", "slow down"),
                new Sample(
                        "several",
                        "{\"errors\":[{\"code\":\"A\"},{\"message\":\"b\"},\"c\",{\"code\":\"D\"}]}",
                        "A; b; c"),
                new Sample("code twice", "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"DENIED\"}]}", "DENIED"),
                new Sample("number for a code", "{\"errors\":[{\"code\":42}]}", "42"));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void showsTheReason(Sample sample) {
        assertThat(told(sample.body())).isEqualTo(sample.shown());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "\"a text\"",
                "<html><body>502 Bad Gateway</body></html>",
                "{\"errors\":",
                "{\"errors\":[]}",
                "{\"errors\":[{}]}",
                "{\"errors\":[[[[]]]]}",
                "{\"errors\":{\"code\":{}}}",
                "{\"details\":{\"a\":1}}"
            })
    void saysNothingOfWhatIsNoError(String body) {
        assertThat(told(body)).isEmpty();
    }

    @Test
    void isOneLineWithoutControlCharacters() {
        assertThat(told("{\"message\":\"a\\r\\nvarve: \\u001b[31mb\\u202e\\u0000 \\u2028 c\"}"))
                .isEqualTo("a varve: [31mb c");
    }

    @Test
    void isShortHoweverMuchIsSaid() {
        assertThat(told("{\"message\":\"" + "x".repeat(60_000) + "\"}"))
                .hasSize(301)
                .endsWith("x…");
        assertThat(told("{\"message\":\"" + "x".repeat(299) + "😀".repeat(9) + "\"}"))
                .isEqualTo("x".repeat(299) + "…");
    }

    @Test
    void looksAtNoMoreThanItsLimit() {
        assertThat(told("{\"message\":\"" + "x".repeat(ErrorBody.LIMIT) + "\"}"))
                .isEmpty();
    }

    @Test
    void looksAtNoDepthThatIsNotMeantToBeRead() {
        assertThat(told("{\"errors\":" + "[".repeat(30_000))).isEmpty();
    }

    @Test
    void neverSaysASecretAgain() {
        assertThat(told("{\"message\":\"no user alice with hunter two!, or hunter+two%21\"}", "hunter two!", ""))
                .isEqualTo("no user alice with ***, or ***");
        assertThat(told("{\"errors\":[{\"code\":\"hunter2\",\"detail\":\"hunter2\"}]}", "hunter2"))
                .doesNotContain("hunter2");
        assertThat(told("{\"message\":\"" + "x".repeat(297) + "hunter2\"}", "hunter2"))
                .doesNotContain("hun");
    }
}
