package io.varve.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.content.DepositFlow;
import io.varve.failure.Failure;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenFlowsIT {
    private static final int PATIENCE_S = 60;

    @TempDir
    Path directory;

    /** Who waited for memory hears that there is some an instant later, when all may be over. */
    @Test
    void nothingIsOpenedOnceTheyAreClosedBecauseTheyAreNotWanted() throws Exception {
        Stages stages = TestStages.get();
        Cancellation wanted = new Cancellation();
        try (Store store = new Store(directory, StoreOptions.DEFAULTS)) {
            OpenFlows flows = new OpenFlows(stages, wanted);
            wanted.cancel();
            flows.close().await(PATIENCE_S, TimeUnit.SECONDS);

            Future<?> late = flows.open(Stages.DEPOSIT, new DepositFlow.Open(store.content()));

            assertThatThrownBy(() -> late.await(PATIENCE_S, TimeUnit.SECONDS))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("interrupted");
            assertThat(directory.resolve("ingest").toFile().list()).isNullOrEmpty();
        }
    }
}
