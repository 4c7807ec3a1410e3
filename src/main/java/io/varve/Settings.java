package io.varve;

import io.varve.api.ApiLimits;
import io.varve.api.ApiOptions;
import io.varve.bus.WorkLimits;
import io.varve.decode.DecodeLimits;
import io.varve.erofs.ErofsLimits;
import io.varve.failure.Failure;
import io.varve.http.Patience;
import io.varve.job.JobLimits;
import io.varve.layerfs.LayerLimits;
import io.varve.manifest.PlanLimits;
import io.varve.os.Durability;
import io.varve.registry.HostOptions;
import io.varve.registry.NetworkOptions;
import io.varve.registry.RegistryLimits;
import io.varve.registry.RegistryOptions;
import io.varve.registry.Upstreams;
import io.varve.store.StoreOptions;
import io.varve.tar.TarLimits;
import io.varve.view.ReadOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration; {@code conf/varve.yaml} documents every key with its default.
 *
 * @param store the directory of the store
 * @param durability whether what is committed is on the disk before that is acknowledged
 * @param workers how many threads decode, hash and assemble, and how many unpack
 * @param layersAtOnce how many layers of one image may be on their way at once
 * @param lockWait how long to wait for another process that writes to the store
 * @param ingestMaxAge how long what came of an interrupted download is kept
 * @param leaseTime how long what no name leads to is kept after it came
 * @param keepBlobs whether layers' blobs stay in the store even where a registry has them
 * @param allowForeignLayers whether layers are fetched that registries need not have, from the urls that images have for them
 * @param metadataCacheBytes what manifests, image indexes, configurations and trees of images may take in memory; 0 to
 *     keep none
 * @param network how long registries are waited for
 * @param registries how single ones are reached, by {@code host[:port]}
 * @param http where {@code serve} listens, and as whom
 * @param upstreams where pulls may go that callers of the service ask for
 * @param drain how long {@code serve} waits in the end for who is being answered
 * @param keepJobs how long it is remembered what became of a job of the service
 * @param jsonLog whether {@code serve} logs each line as a JSON object
 * @param views how the kernel reads what images are mounted from
 * @param limits what an input may ask of us
 */
public record Settings(
        Path store,
        Durability durability,
        int workers,
        int layersAtOnce,
        Duration lockWait,
        Duration ingestMaxAge,
        Duration leaseTime,
        boolean keepBlobs,
        boolean allowForeignLayers,
        long metadataCacheBytes,
        NetworkOptions network,
        Map<String, HostOptions> registries,
        ApiOptions http,
        Upstreams upstreams,
        Duration drain,
        Duration keepJobs,
        boolean jsonLog,
        ReadOptions views,
        Limits limits) {
    private static final int LAYERS_AT_ONCE = 3;
    private static final String LISTEN = "127.0.0.1:7077";
    private static final Duration KEEP_JOBS = Duration.ofDays(7);
    private static final Duration DRAIN = Duration.ofSeconds(10);
    private static final Duration MOST_DRAIN = Duration.ofSeconds(19);

    /**
     * Defaults, overridden by a file, overridden by {@code VARVE_…} variables: {@code limits.pathBytes} is {@code
     * VARVE_LIMITS_PATH_BYTES}.
     *
     * @param file null for none
     * @throws Failure NotFound when the file does not exist; Invalid naming a key that is not known or has no such value
     */
    public static Settings load(@Nullable Path file, Map<String, String> environment) {
        SettingsSource source = SettingsSource.of(file, environment);
        int cores = Runtime.getRuntime().availableProcessors();
        int workers = source.integer("workers", 0);
        if (workers < 0) {
            throw Failure.invalid("workers: got " + workers + ", wanted 0 for one a core, or more");
        }
        ApiLimits apiLimits = source.limits(ApiLimits.DEFAULTS);
        Settings settings = new Settings(
                Path.of(source.text("store", defaultStore(environment).toString())),
                source.word("durability", Durability.FULL),
                workers == 0 ? cores : workers,
                positive("layersAtOnce", source.integer("layersAtOnce", LAYERS_AT_ONCE)),
                source.duration("lockWait", StoreOptions.DEFAULTS.lockWait()),
                source.duration("ingest.maxAge", StoreOptions.DEFAULTS.ingestMaxAge()),
                source.duration("leaseTime", StoreOptions.DEFAULTS.lease()),
                source.flag("keepBlobs", StoreOptions.DEFAULTS.keepBlobs()),
                source.flag("allowForeignLayers", false),
                source.amount("metadataCacheBytes", StoreOptions.DEFAULTS.metadataCacheBytes()),
                network(source),
                RegistrySettings.hosts(source.tree("registries")),
                ApiOptions.of(
                        source.text("http.listen", LISTEN),
                        source.text("http.publicName", ""),
                        apiLimits,
                        SecuritySettings.of(source),
                        patience(source)),
                SecuritySettings.upstreams(source),
                drain(source.duration("http.drain", DRAIN)),
                source.duration("jobs.keep", KEEP_JOBS),
                source.flag("log.json", false),
                reads(source),
                new Limits(
                        source.limits(PlanLimits.DEFAULTS),
                        source.limits(DecodeLimits.DEFAULTS),
                        source.limits(TarLimits.DEFAULTS),
                        source.limits(LayerLimits.DEFAULTS),
                        source.limits(ErofsLimits.DEFAULTS),
                        source.limits(WorkLimits.DEFAULTS),
                        source.limits(RegistryLimits.DEFAULTS),
                        apiLimits,
                        source.limits(JobLimits.DEFAULTS)));
        source.refuseUnknown();
        return settings;
    }

    private static int positive(String key, int value) {
        if (value < 1) {
            throw Failure.invalid(key + ": got " + value + ", wanted 1 or more");
        }
        return value;
    }

    private static Duration drain(Duration wanted) {
        if (wanted.compareTo(MOST_DRAIN) > 0) {
            throw Failure.invalid("http.drain: got " + wanted.toSeconds() + "s, wanted " + MOST_DRAIN.toSeconds()
                    + "s or less: a command has 20s to end");
        }
        return wanted;
    }

    private static ReadOptions reads(SettingsSource source) {
        return new ReadOptions(
                source.word("views.directIo", ReadOptions.DEFAULTS.directIo()),
                source.amount("views.readAheadBytes", ReadOptions.DEFAULTS.aheadBytes()));
    }

    private static Patience patience(SettingsSource source) {
        return new Patience(
                source.duration("http.headTime", Patience.DEFAULTS.head()),
                source.duration("http.bodyTime", Patience.DEFAULTS.body()),
                source.duration("http.idleTime", Patience.DEFAULTS.idle()),
                source.amount("http.leastRate", Patience.DEFAULTS.leastRate()));
    }

    private static NetworkOptions network(SettingsSource source) {
        NetworkOptions defaults = NetworkOptions.DEFAULTS;
        return new NetworkOptions(
                source.integer("network.attempts", defaults.attempts()),
                source.duration("network.connectTimeout", defaults.connectTimeout()),
                source.duration("network.idleTimeout", defaults.idleTimeout()),
                source.duration("network.patience", defaults.patience()),
                source.duration("network.retryAfter", defaults.retryAfter()),
                source.amount("network.leastRate", defaults.leastRate()),
                source.integer("network.blobConnections", defaults.blobConnections()),
                source.amount("network.segmentBytes", defaults.segmentBytes()));
    }

    RegistryOptions registryOptions() {
        return new RegistryOptions(registries, network, limits.registry(), Upstreams.ANYWHERE);
    }

    /** @param openly whether everybody may ask for pulls */
    RegistryOptions upstreamOptions(boolean openly) {
        return new RegistryOptions(registries, network, limits.registry(), upstreams.forCallers(openly));
    }

    StoreOptions storeOptions() {
        return new StoreOptions(
                durability,
                lockWait,
                ingestMaxAge,
                leaseTime,
                keepBlobs,
                metadataCacheBytes,
                limits.plan(),
                limits.tar(),
                limits.layers(),
                limits.erofs());
    }

    /** {@code /var/lib/varve} for root, else below the user's data. */
    static Path defaultStore(Map<String, String> environment) {
        if ("root".equals(System.getProperty("user.name"))) {
            return Path.of("/var/lib/varve");
        }
        String data = environment.get("XDG_DATA_HOME");
        return data == null || data.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".local", "share", "varve")
                : Path.of(data, "varve");
    }
}
