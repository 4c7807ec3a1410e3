package io.varve.store;

import io.varve.erofs.ErofsLimits;
import io.varve.layerfs.LayerLimits;
import io.varve.manifest.MetadataCache;
import io.varve.manifest.PlanLimits;
import io.varve.os.Durability;
import io.varve.tar.TarLimits;
import java.time.Duration;

/**
 * What a store is opened with.
 *
 * @param durability whether what is committed is on the disk before that is acknowledged ({@code durability})
 * @param lockWait how long to wait for another process that writes ({@code lockWait})
 * @param ingestMaxAge how long what came of an interrupted download is kept ({@code ingest.maxAge})
 * @param lease how long an image without a name, and what is left of a pull that failed, is kept ({@code leaseTime})
 * @param keepBlobs whether the compressed blobs of layers stay even where a registry has them ({@code keepBlobs})
 * @param metadataCacheBytes what parsed documents and trees may take in memory ({@code metadataCacheBytes})
 */
public record StoreOptions(
        Durability durability,
        Duration lockWait,
        Duration ingestMaxAge,
        Duration lease,
        boolean keepBlobs,
        long metadataCacheBytes,
        PlanLimits plan,
        TarLimits tar,
        LayerLimits layers,
        ErofsLimits erofs) {

    public static final StoreOptions DEFAULTS = new StoreOptions(
            Durability.FULL,
            Duration.ofSeconds(60),
            Duration.ofHours(24),
            Duration.ofHours(24),
            true,
            MetadataCache.DEFAULT_BYTES,
            PlanLimits.DEFAULTS,
            TarLimits.DEFAULTS,
            LayerLimits.DEFAULTS,
            ErofsLimits.DEFAULTS);
}
