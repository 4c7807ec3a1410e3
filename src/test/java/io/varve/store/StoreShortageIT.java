package io.varve.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.os.Failpoints;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** A process that is short of what no store can give. */
@Isolated("every step that is taken in this process comes by")
class StoreShortageIT extends StoreWorld {
    @AfterEach
    void stopListening() {
        Failpoints.listen(null);
    }

    @Test
    void sessionThatCannotBeginLetsGoOfTheStore() {
        Failpoints.listen(step -> {
            if (step.equals("replace.synced")) {
                throw new OutOfMemoryError("unable to create native thread");
            }
        });
        assertThatThrownBy(() -> touch(store)).isInstanceOf(OutOfMemoryError.class);
        Failpoints.listen(null);

        touch(open(TestOptions.usual().lockWait(Duration.ZERO).build()));
        touch(store);

        assertThat(names(store)).isEmpty();
    }
}
