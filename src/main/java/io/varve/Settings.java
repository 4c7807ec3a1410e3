package io.varve;

import io.varve.decode.DecodeLimits;
import io.varve.erofs.ErofsLimits;
import io.varve.failure.Failure;
import io.varve.layerfs.LayerLimits;
import io.varve.manifest.PlanLimits;
import io.varve.tar.TarLimits;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration; {@code conf/varve.yaml} documents every key with its default.
 *
 * @param store the directory of the store
 * @param workers how many layers may be decoded at once, and how many threads unpack
 * @param limits what an input may ask of us
 */
public record Settings(Path store, int workers, Limits limits) {

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
        Settings settings = new Settings(
                Path.of(source.text("store", defaultStore(environment).toString())),
                workers == 0 ? cores : workers,
                new Limits(
                        source.limits(PlanLimits.DEFAULTS),
                        source.limits(DecodeLimits.DEFAULTS),
                        source.limits(TarLimits.DEFAULTS),
                        source.limits(LayerLimits.DEFAULTS),
                        source.limits(ErofsLimits.DEFAULTS)));
        source.refuseUnknown();
        return settings;
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
