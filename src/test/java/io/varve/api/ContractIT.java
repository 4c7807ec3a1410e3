package io.varve.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.contract.Operation;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ContractIT {
    private static final int PATIENCE_S = 60;

    /** It checks the contract against the schema of OpenAPI itself. */
    @Test
    void anotherReaderFindsTheSameOperations() throws Exception {
        Contract contract = Contract.read();
        Vertx vertx = Vertx.vertx();
        try {
            // The types of answers that it has never heard of are not what is to be shown.
            String text = new YAMLMapper()
                    .readTree(contract.yaml())
                    .toString()
                    .replace("application/problem+json", "application/json")
                    .replaceAll("text/event-stream|application/yaml|application/x-tar|text/html", "text/plain");
            JsonObject json = new JsonObject(text);
            OpenAPIContract read = OpenAPIContract.from(vertx, json).await(PATIENCE_S, TimeUnit.SECONDS);

            assertThat(contract.operations())
                    .extracting(io.varve.api.Operation::id)
                    .containsExactlyInAnyOrderElementsOf(read.operations().stream()
                            .map(Operation::getOperationId)
                            .toList());
        } finally {
            vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
        }
    }
}
