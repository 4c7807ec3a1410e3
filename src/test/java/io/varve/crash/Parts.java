package io.varve.crash;

import io.varve.decode.DecodeLimits;
import io.varve.gc.Collector;
import io.varve.os.Durability;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.Stages;
import io.varve.pipeline.TestStages;
import io.varve.store.Store;
import io.varve.store.TestOptions;
import io.varve.verify.Verifier;
import io.varve.view.Views;
import java.nio.file.Path;
import java.time.Duration;

/** A store with what works on it. */
record Parts(Store store, Pull pull, Pulls pulls, Collector collector, Verifier verifier) {

    /** @param ingestMaxAge how long what is left of an interrupted download is kept; nothing without a name is kept at all */
    static Parts of(Path directory, Duration ingestMaxAge) {
        return of(directory, ingestMaxAge, Durability.FULL);
    }

    static Parts of(Path directory, Duration ingestMaxAge, Durability durability) {
        Store store = new Store(
                directory,
                TestOptions.usual()
                        .durability(durability)
                        .ingestMaxAge(ingestMaxAge)
                        .lease(Duration.ZERO)
                        .build());
        Stages stages = TestStages.unwatched();
        LayerPull layers = new LayerPull(store, DecodeLimits.DEFAULTS, 2, () -> stages);
        Pull pull = new Pull(store, layers);
        Collector collector = new Collector(store, new Views(directory.resolve("views")));
        return new Parts(
                store,
                pull,
                new Pulls(store, pull, () -> stages, TestStages.noRegistry()),
                collector,
                new Verifier(store, layers, 1));
    }
}
