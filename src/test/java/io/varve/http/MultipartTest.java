package io.varve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MultipartTest {
    private static final String HEAD = "Content-Disposition: form-data; name=\"%s\"\r\n\r\n";
    private static final String END = "\r\n--frontier--\r\n";

    /** Hears parts as {@code name=data}. */
    private static final class Heard implements Multipart.Parts {
        private final List<String> parts = new ArrayList<>();
        private final StringBuilder current = new StringBuilder();

        @Override
        public void begin(String name) {
            current.append(name).append('=');
        }

        @Override
        public void data(Buffer bytes, int from, int to) {
            assertThat(to).isGreaterThan(from);
            current.append(bytes.slice(from, to).toString(ISO_8859_1));
        }

        @Override
        public void end() {
            parts.add(current.toString());
            current.setLength(0);
        }
    }

    private static String part(String name, String data) {
        return "--frontier\r\n" + HEAD.formatted(name) + data;
    }

    private static Buffer buffer(String text) {
        return Buffer.buffer(text.getBytes(ISO_8859_1));
    }

    private static List<String> parts(String... pieces) {
        Heard heard = new Heard();
        Multipart multipart = new Multipart("frontier", 3, heard);
        for (String piece : pieces) {
            multipart.take(buffer(piece));
        }
        multipart.finish();
        return heard.parts;
    }

    private static Failure failure(String body) {
        Failure whole = catchThrowableOfType(Failure.class, () -> parts(body));
        assertThat(whole).as(body).isNotNull();
        Failure apart = catchThrowableOfType(Failure.class, () -> parts(body.split("")));
        assertThat(apart).hasMessage(whole.getMessage());
        return whole;
    }

    /** With what looks like a boundary, and is none. */
    private static final List<String> DATA = List.of(
            "a",
            "",
            "\r",
            "\r\n",
            "\r\r\n",
            "\n--frontier",
            "\r\n--frontie\r\n--frontie",
            "\r\n-\r\n--",
            "--frontier--",
            "\u00ff\0\r\n\r\n--f");

    @Test
    void bodyIsTakenApartWhereverItIsCut() {
        String body = part("first", DATA.get(6) + "!") + "\r\n" + part("second", "") + "\r\n"
                + part("third", "\r\n-x\r") + END;
        List<String> expected = List.of("first=" + DATA.get(6) + "!", "second=", "third=\r\n-x\r");

        for (int i = 0; i <= body.length(); i++) {
            assertThat(parts(body.substring(0, i), body.substring(i)))
                    .as("cut at " + i)
                    .isEqualTo(expected);
        }
        assertThat(parts(body.split(""))).isEqualTo(expected);
    }

    @Test
    void dataMayLookLikeABoundary() {
        for (String data : DATA) {
            String body = part("x", data) + END;

            assertThat(parts(body)).containsExactly("x=" + data);
            assertThat(parts(body.split(""))).containsExactly("x=" + data);
        }
    }

    @Test
    void partsEndOnlyWithTheirBoundary() {
        String body = part("first", "data") + END;
        for (int i = 0; i < body.length() - 2; i++) {
            String cut = body.substring(0, i);

            assertThatThrownBy(() -> parts(cut))
                    .as("%s", cut)
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("last boundary");
        }
    }

    @Test
    void whatIsBehindTheLastBoundaryMeansNothing() {
        assertThat(parts(part("x", "1") + END + part("y", "2") + END)).containsExactly("x=1");
        assertThat(parts("--frontier--")).isEmpty();
    }

    @Test
    void spacesBehindABoundaryAreLeftOut() {
        assertThat(parts("--frontier \t\r\n" + HEAD.formatted("x") + "1" + END)).containsExactly("x=1");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Content-Disposition: form-data; name="a b"; filename="c"  | a b
            content-disposition:form-data;name=a                      | a
            Content-Disposition: form-data; filename="c"; name="a"    | a
            Content-Disposition: form-data; filename=c; name=a; x=y   | a
            """)
    void nameStandsInTheDisposition(String disposition, String name) {
        assertThat(parts("--frontier\r\nContent-Type: application/x-tar\r\n" + disposition + "\r\n\r\n1" + END))
                .containsExactly(name + "=1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Content-Type: text/plain\r\n",
                "Content-Disposition: form-data\r\n",
                "Content-Disposition: attachment; name=\"x\"\r\n",
                "Content-Disposition: form-data; filename=\"x\"\r\n",
                "X-Content-Disposition: form-data; name=\"x\"\r\n"
            })
    void refusesPartWithoutName(String head) {
        Failure failure = failure("--frontier\r\n" + head + "\r\n1" + END);

        assertThat(failure.category()).isEqualTo(Category.INVALID);
        assertThat(failure).hasMessageContaining("part 1: got no name");
    }

    @Test
    void refusesMorePartsThanTheLimit() {
        String part = part("x", "1") + "\r\n";

        assertThat(parts(part.repeat(3) + "--frontier--")).hasSize(3);
        assertThat(failure(part.repeat(4) + "--frontier--").category()).isEqualTo(Category.EXCEEDED);
    }

    @Test
    void refusesHeadsWithoutEnd() {
        String head = "--frontier\r\nX: " + "x".repeat(8 << 10);

        assertThat(failure(head)).hasMessageContaining("head of more than 8192 bytes");
        assertThat(failure("--frontier" + " ".repeat(9 << 10))).hasMessageContaining("head of more than 8192 bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"preamble\r\n", "\r\n", "\n", " "})
    void refusesWhatStandsInFront(String preamble) {
        assertThat(failure(preamble + part("x", "1") + END)).hasMessageContaining("in front of the first boundary");
    }

    @Test
    void refusesLinesThatEndInALineFeedAlone() {
        String body = part("x", "1") + END;

        assertThat(failure(body.replace("\r\n", "\n")).category()).isEqualTo(Category.INVALID);
        assertThat(failure(body.replace("frontier\r\n", "frontier\n")).category())
                .isEqualTo(Category.INVALID);
        assertThat(failure(body.replace("\r\n--", "\n--"))).hasMessageContaining("last boundary");
    }

    @Test
    void refusesBoundaryWithMoreBehindIt() {
        assertThat(failure("--frontiers\r\n" + HEAD.formatted("x") + END)).hasMessageContaining("with more behind it");
        assertThat(failure("--frontier-\r\n" + HEAD.formatted("x") + END)).hasMessageContaining("with more behind it");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            multipart/form-data; boundary=abc                       | abc
            Multipart/Form-Data;BOUNDARY="a b:c"                    | a b:c
            multipart/form-data; charset=utf-8; boundary=abc; x=y   | abc
            """)
    void boundaryIsAParameterOfTheType(String type, String boundary) {
        assertThat(Multipart.isOne(type)).isTrue();
        assertThat(Multipart.boundary(type)).isEqualTo(boundary);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "multipart/form-data; boundary=\"\"",
                "multipart/form-data; boundary=0123456789012345678901234567890123456789012345678901234567890123456789x",
                "multipart/mixed; boundary=abc"
            })
    void refusesTypesWithoutBoundary(String type) {
        assertThatThrownBy(() -> Multipart.boundary(type))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("Content-Type: got " + type);
    }
}
