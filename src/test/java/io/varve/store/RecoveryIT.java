package io.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.catalogue.CatalogueWriter;
import io.varve.catalogue.Transaction;
import io.varve.failure.Category;
import java.io.IOException;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RecoveryIT extends StoreWorld {
    @Test
    void nobodyForgetsThatAProcessDiedBeforeWhatItHadNamedIsOnTheDisk() throws IOException {
        try (CatalogueWriter writer = CatalogueWriter.open(temporary.resolve("catalogue.db"))) {
            writer.write(transaction -> transaction.begin("pull", NAME, Instant.now()));
            // There is no directory yet in which the disk could be asked.
            Recovery recovery = new Recovery(store, new StoreFiles(directory));

            refused(Category.UNAVAILABLE, () -> recovery.endJobs(writer));
            assertThat(writer.<Boolean>write(Transaction::endAll)).isTrue();

            recovery.endJobs(writer);
        }
    }
}
