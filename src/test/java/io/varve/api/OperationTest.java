package io.varve.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.Action;
import io.varve.oci.Json;
import org.junit.jupiter.api.Test;

class OperationTest {
    private static ObjectNode operation() {
        return Json.object().put("operationId", "ask");
    }

    private static ObjectNode open() {
        ObjectNode operation = operation();
        operation.putArray("security");
        return operation;
    }

    @Test
    void saysWhoMayAsk() {
        assertThat(Operation.of("get", "/", operation().put("x-varve-scope", "read"))
                        .actions())
                .containsExactly(Action.READ);
        assertThat(Operation.of("get", "/", operation().put("x-varve-scope", "pull push"))
                        .actions())
                .containsExactly(Action.PULL, Action.PUSH);
        assertThat(Operation.of("get", "/", open()).actions()).isEmpty();
    }

    @Test
    void isRefusedWhenItDoesNotSayWhoMayAsk() {
        ObjectNode somebody = operation();
        somebody.putArray("security").addObject().putArray("token");
        for (ObjectNode each : new ObjectNode[] {
            operation(),
            somebody,
            open().put("x-varve-scope", "read"),
            operation().put("x-varve-scope", "reads"),
            operation().put("x-varve-scope", ""),
            operation().put("x-varve-scope", "pull  push"),
            operation().put("x-varve-scope", "pull, push")
        }) {
            assertThatThrownBy(() -> Operation.of("get", "/", each))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("operation ask: ");
        }
    }
}
