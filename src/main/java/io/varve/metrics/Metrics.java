package io.varve.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.varve.bus.Budget;
import io.varve.bus.Slabs;
import io.varve.catalogue.Node;
import io.varve.decode.DecodeLimits;
import io.varve.decode.Decoders;
import io.varve.hash.RunningHash;
import io.varve.job.JobListener;
import io.varve.job.Jobs;
import io.varve.manifest.MetadataCache;
import io.varve.pipeline.Stages;
import io.varve.pipeline.Traffic;
import io.varve.registry.RegistryClient;
import io.varve.registry.SegmentCounts;
import io.varve.store.Store;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.spi.VertxMetricsFactory;
import io.vertx.micrometer.Label;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What is measured of a service, and how Prometheus reads it. Names begin with {@code varve}; the rest is of Vert.x, Netty and the
 * JVM, as they call it. No label has more values than the settings or the world of methods and codes allow: what callers write is
 * never one. Any thread.
 */
public final class Metrics {
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE");

    /** Registries that are told apart; jobs name what they like. */
    private static final int MOST_HOSTS = 100;

    private static final String HOST = "host";
    private static final String STAGE = "stage";
    private static final long SAMPLE_MILLIS = 100;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    // Whose requests are looked at when somebody asks.
    private volatile @Nullable RegistryClient upstream;
    private volatile @Nullable MultiGauge requests;

    public Metrics() {
        registry.config()
                .meterFilter(new Bounded())
                .meterFilter(
                        MeterFilter.maximumAllowableTags("vertx.http.client", HOST, MOST_HOSTS, MeterFilter.deny()))
                .meterFilter(
                        MeterFilter.maximumAllowableTags("vertx.pool", "pool_name", MOST_HOSTS, MeterFilter.deny()));
        List.of(
                        new JvmMemoryMetrics(),
                        new JvmThreadMetrics(),
                        new ProcessorMetrics(),
                        new UptimeMetrics(),
                        new FileDescriptorMetrics())
                .forEach(binder -> binder.bindTo(registry));
        JvmGcMetrics collector = new JvmGcMetrics();
        collector.bindTo(registry);
        if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider provider) {
            new NettyAllocatorMetrics(provider).bindTo(registry);
        }
        new NettyAllocatorMetrics(Slabs.memory()).bindTo(registry);
    }

    /** What callers write is no label: methods that they made up are not told apart, and not measured. */
    private static final class Bounded implements MeterFilter {
        @Override
        public MeterFilterReply accept(Meter.Id id) {
            String method = id.getTag("method");
            return method == null || METHODS.contains(method) ? MeterFilterReply.NEUTRAL : MeterFilterReply.DENY;
        }
    }

    /** For the Vert.x that is to be measured, with {@link #options}. */
    public VertxMetricsFactory factory() {
        return new MicrometerMetricsFactory(registry);
    }

    /** Not of the event bus: each flow has an address of its own. */
    public VertxOptions options(VertxOptions options) {
        return options.setMetricsOptions(new MicrometerMetricsOptions()
                .setEnabled(true)
                .setLabels(EnumSet.of(Label.HTTP_METHOD, Label.HTTP_CODE, Label.POOL_TYPE, Label.POOL_NAME))
                .setClientRequestTagsProvider(request -> List.of(Tag.of(HOST, String.valueOf(request.remoteAddress()))))
                .addDisabledMetricsCategory(MetricsDomain.EVENT_BUS)
                .addDisabledMetricsCategory(MetricsDomain.VERTICLES)
                .addDisabledMetricsCategory(MetricsDomain.NET_CLIENT)
                .addDisabledMetricsCategory(MetricsDomain.NET_SERVER));
    }

    /** How late each event loop is with what it has to do. */
    public void watch(Vertx vertx, int eventLoops) {
        Timer delay = Timer.builder("varve.loop.delay")
                .description("How late event loops are with what they have to do")
                .publishPercentiles(0.5, 0.99)
                .distributionStatisticExpiry(Duration.ofMinutes(1))
                .register(registry);
        for (int i = 0; i < eventLoops; i++) {
            // Asked for from no event loop, each is of the next one.
            Context context = vertx.getOrCreateContext();
            context.runOnContext(now -> sample(vertx, delay));
        }
    }

    private static void sample(Vertx vertx, Timer delay) {
        long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SAMPLE_MILLIS);
        vertx.setTimer(SAMPLE_MILLIS, passed -> {
            delay.record(Math.max(0, System.nanoTime() - due), TimeUnit.NANOSECONDS);
            sample(vertx, delay);
        });
    }

    /** Looks for what inflates gzip, so it may block. */
    public void bind(DecodeLimits limits) {
        Gauge.builder("varve.decode.info", () -> 1)
                .tag("inflater", Decoders.inflater(limits))
                .description("What inflates gzip in this process")
                .register(registry);
    }

    public void bind(Stages stages) {
        Traffic traffic = stages.traffic();
        bytes(traffic, "network", Traffic::network);
        bytes(traffic, "cached", Traffic::cached);
        bytes(traffic, "decoded", Traffic::decoded);
        bytes(traffic, "assembled", Traffic::assembled);
        Gauge.builder("varve.hash.together", RunningHash::together)
                .description("From how many streams on they are hashed together; 0 while each is hashed alone")
                .register(registry);
        budget("flows", stages.budget());
        budget("trees", stages.trees());
        budget("windows", stages.windows());
    }

    /** Of blobs that come over several connections at once. */
    public void bind(RegistryClient client) {
        SegmentCounts segments = client.segments();
        segments(segments, "fetched", SegmentCounts::fetched);
        segments(segments, "abandoned", SegmentCounts::abandoned);
        segments(segments, "failed", SegmentCounts::failed);
        requests = MultiGauge.builder("varve.registry.blob.requests")
                .description("Requests for blobs that are under way")
                .register(registry);
        upstream = client;
    }

    private void segments(SegmentCounts counts, String outcome, ToDoubleFunction<SegmentCounts> count) {
        FunctionCounter.builder("varve.registry.segments", counts, count)
                .tag("outcome", outcome)
                .description("Parts of blobs that were asked for before their turn, over a further connection")
                .register(registry);
    }

    private void lookAtRequests() {
        RegistryClient client = upstream;
        MultiGauge gauge = requests;
        if (client != null && gauge != null) {
            List<MultiGauge.Row<?>> rows = new ArrayList<>();
            client.blobRequests().entrySet().stream()
                    .filter(each -> each.getValue() > 0)
                    .limit(MOST_HOSTS)
                    .forEach(each -> rows.add(MultiGauge.Row.of(Tags.of(HOST, each.getKey()), each.getValue())));
            gauge.register(rows, true);
        }
    }

    private void bytes(Traffic traffic, String stage, ToDoubleFunction<Traffic> count) {
        FunctionCounter.builder("varve.layer.bytes", traffic, count)
                .tag(STAGE, stage)
                .description("Bytes of layers that passed the stage")
                .baseUnit("bytes")
                .register(registry);
    }

    private void budget(String name, Budget budget) {
        Gauge.builder("varve.budget.held", budget, Budget::held)
                .tag("budget", name)
                .description("Memory that work on its way has reserved")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("varve.budget.size", budget, Budget::size)
                .tag("budget", name)
                .description("Memory that there is for it")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("varve.budget.waiting", budget, Budget::waiting)
                .tag("budget", name)
                .description("How many wait for memory")
                .register(registry);
    }

    public void bind(Jobs jobs) {
        Gauge.builder("varve.jobs.running", jobs, each -> each.load().running())
                .description("Tasks that run")
                .register(registry);
        Gauge.builder("varve.jobs.queued", jobs, each -> each.load().queued())
                .description("Tasks that wait for their turn")
                .register(registry);
        Gauge.builder("varve.jobs.open", jobs, each -> each.load().open())
                .description("Jobs that have not ended")
                .register(registry);
    }

    /** Counts jobs as they end. */
    public JobListener jobs() {
        return (kind, failed, waited, took) -> {
            Counter.builder("varve.jobs.ended")
                    .tag("kind", kind)
                    .tag("outcome", failed == null ? "done" : failed.toString())
                    .description("Jobs that ended, by what came of them")
                    .register(registry)
                    .increment();
            time("varve.jobs.waited", kind, "From a job's order to its turn", waited);
            time("varve.jobs.took", kind, "From a job's turn to its end", took);
        };
    }

    private void time(String name, String kind, String description, Duration time) {
        Timer.builder(name)
                .tag("kind", kind)
                .description(description)
                .publishPercentiles(0.5, 0.99)
                .register(registry)
                .record(time);
    }

    public void bind(Store store) {
        Gauge.builder(
                        "varve.store.free",
                        store,
                        each -> each.standing().toFile().getUsableSpace())
                .description("Bytes that the disk of the store has left for us")
                .baseUnit("bytes")
                .register(registry);
        for (Node.Kind kind : Node.Kind.values()) {
            Gauge.builder("varve.store.held", store, each -> held(each, kind))
                    .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                    .description("Bytes of what is in the store")
                    .baseUnit("bytes")
                    .register(registry);
        }
        for (MetadataCache.Kind kind : MetadataCache.Kind.values()) {
            cache(store.metadata(), kind);
        }
    }

    private void cache(MetadataCache cache, MetadataCache.Kind kind) {
        String name = kind.name().toLowerCase(Locale.ROOT);
        FunctionCounter.builder(
                        "varve.metadata.hits",
                        cache,
                        each -> each.statistics(kind).hits())
                .tag("kind", name)
                .description("Documents, configurations and trees that were had from memory")
                .register(registry);
        FunctionCounter.builder(
                        "varve.metadata.misses",
                        cache,
                        each -> each.statistics(kind).misses())
                .tag("kind", name)
                .description("Those that were read")
                .register(registry);
        FunctionCounter.builder(
                        "varve.metadata.evictions",
                        cache,
                        each -> each.statistics(kind).evictions())
                .tag("kind", name)
                .description("Those that had to make room")
                .register(registry);
        Gauge.builder("varve.metadata.size", cache, each -> each.bytes(kind))
                .tag("kind", name)
                .description("Memory that they take")
                .baseUnit("bytes")
                .register(registry);
    }

    private static double held(Store store, Node.Kind kind) {
        return store.read(catalogue -> catalogue.bytes(kind)).orElse(0L);
    }

    /** All of it as Prometheus reads it (text format 0.0.4). Reads the catalogue, and takes some milliseconds. */
    public String scrape() {
        lookAtRequests();
        return registry.scrape();
    }
}
