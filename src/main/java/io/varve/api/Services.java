package io.varve.api;

import io.varve.archive.Exports;
import io.varve.archive.Imports;
import io.varve.build.Builds;
import io.varve.bundle.Bundles;
import io.varve.gc.Collector;
import io.varve.gc.Reasons;
import io.varve.image.Naming;
import io.varve.image.Rootfs;
import io.varve.job.Jobs;
import io.varve.pipeline.Images;
import io.varve.pipeline.Pulls;
import io.varve.push.Pushes;
import io.varve.store.Store;
import java.util.function.Supplier;

/**
 * What is offered over HTTP: the use cases of one store. All of them the caller's.
 *
 * @param metrics as Prometheus reads them
 */
public record Services(
        Store store,
        Images images,
        Naming naming,
        Rootfs rootfs,
        Bundles bundles,
        Pulls pulls,
        Builds builds,
        Pushes pushes,
        Exports exports,
        Imports imports,
        Collector collector,
        Reasons reasons,
        Jobs jobs,
        Supplier<String> metrics) {}
