package io.varve.cli;

import io.varve.api.Api;
import io.varve.api.ApiOptions;
import io.varve.archive.Exports;
import io.varve.archive.Imports;
import io.varve.build.Builds;
import io.varve.bundle.Bundles;
import io.varve.client.ServiceClient;
import io.varve.gc.Collector;
import io.varve.gc.Reasons;
import io.varve.image.Naming;
import io.varve.image.Rootfs;
import io.varve.pipeline.Images;
import io.varve.pipeline.Pulls;
import io.varve.push.Pushes;
import io.varve.registry.Credentials;
import io.varve.registry.Logins;
import io.varve.store.Store;
import io.varve.verify.Verifier;
import io.varve.view.Views;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the commands call. Made by the composition root once the global options are known.
 *
 * @param service the one that serves the store, if there is one
 * @param credentials as Docker keeps them
 * @param logins made when it is first needed
 * @param serving begins to serve the store, until that is closed
 * @param http where it is served unless somebody says another place
 * @param drain how long who is being answered is waited for in the end
 * @param jsonLog whether a service logs JSON
 * @param openStore the same for another store, with the same settings
 */
public record UseCases(
        Store store,
        Images images,
        Naming naming,
        Pulls pulls,
        Builds builds,
        Pushes pushes,
        Exports exports,
        Imports imports,
        Views views,
        Rootfs rootfs,
        Bundles bundles,
        Collector collector,
        Reasons reasons,
        Verifier verifier,
        Supplier<Optional<ServiceClient>> service,
        Credentials credentials,
        Supplier<Logins> logins,
        Function<ApiOptions, Api> serving,
        ApiOptions http,
        Duration drain,
        boolean jsonLog,
        int workers,
        Function<Path, UseCases> openStore) {

    /** What is done to the store: by the service that serves it, if there is one, lest this waits until that has nothing to do. */
    StoreWork work() {
        StoreWork own = new OwnWork(this);
        return service.get()
                .<StoreWork>map(asked -> new ServiceWork(asked, this, own))
                .orElse(own);
    }
}
