package io.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;

@Isolated("there is one stderr")
class StderrLoggerTest {
    private final PrintStream before = System.err;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final Logger logger = new StderrLogging().getLoggerFactory().getLogger("io.varve.store.Session");

    @BeforeEach
    void listen() {
        System.setErr(new PrintStream(written, true, UTF_8));
    }

    @AfterEach
    void stopListening() {
        System.setErr(before);
        StderrLogging.use(StderrLogging.Form.COMMAND);
    }

    @Test
    void writesWarningsAndErrorsAsOneLineEach() {
        logger.warn("index of {}: {} left", "a\n\033[31mb", 3);
        logger.error("gone", new IllegalStateException("why\r\nnot"));

        assertThat(written.toString(UTF_8).lines())
                .satisfiesExactly(
                        warning -> assertThat(warning)
                                .matches("\\d{4}-\\d\\d-\\d\\dT\\S+ WARN  Session: index of a \\| \\[31mb: 3 left"),
                        error -> assertThat(error)
                                .endsWith(" ERROR Session: gone | java.lang.IllegalStateException: why | not"));
    }

    @Test
    void saysNothingOfWhatDeservesNoAttention() {
        logger.info("a");
        logger.debug("b");
        logger.trace("c {}", 1);

        assertThat(written.size()).isZero();
        assertThat(logger.isInfoEnabled()).isFalse();
    }

    /** A message to one who had ended, whose sender knows, and a connection to a server as it closes. */
    @ParameterizedTest
    @ValueSource(strings = {"io.vertx.core.eventbus.impl.MessageConsumerImpl", "io.netty.bootstrap.ServerBootstrap"})
    void saysNothingOfWhatCameTooLate(String name) throws ClassNotFoundException {
        Class<?> late = Class.forName(name);
        Logger theirs = new StderrLogging().getLoggerFactory().getLogger(late.getName());

        theirs.warn("Discarding message");
        assertThat(written.size()).isZero();
        theirs.error("broken");
        assertThat(written.toString(UTF_8)).contains("ERROR " + late.getSimpleName() + ": broken");
    }

    @Test
    void serviceTellsWhatItDoesWithTheJobThatItIsAbout() {
        StderrLogging.use(StderrLogging.Form.SERVICE);
        logger.atInfo().addKeyValue("job", "7").log("{} of {}", "pull", "a\nb");

        assertThat(written.toString(UTF_8)).endsWith(" INFO  Session: job 7: pull of a | b\n");
    }

    @Test
    void serviceTellsProgramsInJson() {
        StderrLogging.use(StderrLogging.Form.SERVICE_JSON);
        logger.atWarn()
                .addKeyValue("job", "7")
                .setCause(new IllegalStateException("why"))
                .log("a\n\"{}\"", "b");

        ObjectNode line = Json.read(written.toByteArray(), Json.DEFAULT_LIMIT);
        assertThat(line.get("level").textValue()).isEqualTo("WARN");
        assertThat(line.get("logger").textValue()).isEqualTo("io.varve.store.Session");
        assertThat(line.get("job").textValue()).isEqualTo("7");
        assertThat(line.get("message").textValue()).isEqualTo("a\n\"b\"");
        assertThat(line.get("error").textValue()).endsWith("IllegalStateException: why");
        assertThat(written.toString(UTF_8).lines()).hasSize(1);
    }
}
