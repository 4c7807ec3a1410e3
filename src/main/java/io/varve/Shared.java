package io.varve;

import io.varve.api.Api;
import io.varve.api.ApiOptions;
import io.varve.api.Services;
import io.varve.client.ServiceClient;
import io.varve.client.ServiceSocket;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.job.Jobs;
import io.varve.metrics.Metrics;
import io.varve.pipeline.Stages;
import io.varve.registry.DockerConfig;
import io.varve.registry.Logins;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryOptions;
import io.varve.store.Store;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What all stores of a process share, made when it is first needed: most commands never do. Any thread. */
final class Shared {
    private static final int DEPLOY_S = 60;

    private final Settings settings;
    private final Map<String, String> environment;
    private final Runnable looping;

    // Guarded by this.
    private @Nullable Vertx vertx;
    private @Nullable Metrics metrics;
    private @Nullable Stages stages;
    private @Nullable RegistryClient registry;

    /** @param looping called before the first event loop is made; returns at once */
    Shared(Settings settings, Map<String, String> environment, Runnable looping) {
        this.settings = settings;
        this.environment = environment;
        this.looping = looping;
    }

    Supplier<Stages> stages() {
        return this::deployed;
    }

    Supplier<RegistryClient> registry() {
        return this::client;
    }

    Supplier<Logins> logins() {
        return () -> new Logins(vertx(), client(), credentials());
    }

    /** @param services of the store, with the jobs that are its own, and what is measured */
    Function<ApiOptions, Api> api(Store store, BiFunction<Jobs, Supplier<String>, Services> services) {
        return options -> {
            Metrics measured = measured();
            // Those who ask will wait on event loops, where nothing is made.
            Stages stages = deployed();
            RegistryClient upstream =
                    client(settings.upstreamOptions(!options.security().authenticates()));
            Jobs jobs = Jobs.of(vertx(), store, settings.limits().jobs(), settings.keepJobs(), measured.jobs());
            measured.bind(stages);
            measured.bind(upstream);
            measured.bind(jobs);
            measured.bind(store);
            return Api.listen(vertx(), services.apply(jobs, measured::scrape), options);
        };
    }

    /** The service that serves the store, if there is one; made anew each time, and good until the process ends. */
    Supplier<Optional<ServiceClient>> service(Path store) {
        return () -> ServiceSocket.find(store).map(socket -> new ServiceClient(vertx(), socket));
    }

    DockerConfig credentials() {
        return new DockerConfig(environment, Path.of(System.getProperty("user.home")));
    }

    private RegistryClient client() {
        return client(settings.registryOptions());
    }

    private synchronized RegistryClient client(RegistryOptions options) {
        RegistryClient made = registry;
        if (made == null) {
            made = RegistryClient.of(vertx(), options, environment, credentials());
            registry = made;
        }
        return made;
    }

    private synchronized Vertx vertx() {
        Vertx made = vertx;
        if (made == null) {
            looping.run();
            made = Vertx.vertx(options());
            vertx = made;
        }
        return made;
    }

    private static VertxOptions options() {
        // Nothing is served from the class path, so nothing is to be kept of it in /tmp.
        return new VertxOptions()
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false));
    }

    /** For those who serve: a Vert.x that is measured, unless there is one already. */
    private synchronized Metrics measured() {
        Metrics made = metrics;
        if (made == null) {
            made = new Metrics();
            made.bind(settings.limits().decode());
            metrics = made;
            if (vertx == null) {
                looping.run();
                VertxOptions options = made.options(options());
                Vertx measured = Vertx.builder()
                        .with(options)
                        .withMetrics(made.factory())
                        .build();
                made.watch(measured, options.getEventLoopPoolSize());
                vertx = measured;
            }
        }
        return made;
    }

    private synchronized Stages deployed() {
        Stages made = stages;
        if (made == null) {
            try {
                made = Stages.deploy(
                                vertx(),
                                settings.workers(),
                                settings.limits().work().budgetBytes(),
                                1L << settings.limits().decode().zstdWindowLog())
                        .await(DEPLOY_S, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                throw Failure.of(Category.INTERNAL, "stages were not deployed in " + DEPLOY_S + " s", e);
            }
            stages = made;
        }
        return made;
    }
}
