package io.varve.store;

import io.varve.erofs.ErofsLimits;
import io.varve.layerfs.LayerLimits;
import io.varve.manifest.PlanLimits;
import io.varve.os.Durability;
import io.varve.tar.TarLimits;
import java.time.Duration;

/** The usual options of a store, but for those that a test is about. */
public final class TestOptions {
    private Durability durability = StoreOptions.DEFAULTS.durability();
    private Duration lockWait = StoreOptions.DEFAULTS.lockWait();
    private Duration ingestMaxAge = StoreOptions.DEFAULTS.ingestMaxAge();
    private Duration lease = StoreOptions.DEFAULTS.lease();
    private boolean keepBlobs = StoreOptions.DEFAULTS.keepBlobs();
    private long metadataCacheBytes = StoreOptions.DEFAULTS.metadataCacheBytes();
    private PlanLimits plan = StoreOptions.DEFAULTS.plan();
    private TarLimits tar = StoreOptions.DEFAULTS.tar();
    private LayerLimits layers = StoreOptions.DEFAULTS.layers();
    private ErofsLimits erofs = StoreOptions.DEFAULTS.erofs();

    private TestOptions() {}

    public static TestOptions usual() {
        return new TestOptions();
    }

    public TestOptions durability(Durability durability) {
        this.durability = durability;
        return this;
    }

    public TestOptions lockWait(Duration lockWait) {
        this.lockWait = lockWait;
        return this;
    }

    public TestOptions ingestMaxAge(Duration ingestMaxAge) {
        this.ingestMaxAge = ingestMaxAge;
        return this;
    }

    public TestOptions lease(Duration lease) {
        this.lease = lease;
        return this;
    }

    public TestOptions keepBlobs(boolean keepBlobs) {
        this.keepBlobs = keepBlobs;
        return this;
    }

    public TestOptions metadataCacheBytes(long metadataCacheBytes) {
        this.metadataCacheBytes = metadataCacheBytes;
        return this;
    }

    public TestOptions limits(PlanLimits plan, TarLimits tar, LayerLimits layers, ErofsLimits erofs) {
        this.plan = plan;
        this.tar = tar;
        this.layers = layers;
        this.erofs = erofs;
        return this;
    }

    public StoreOptions build() {
        return new StoreOptions(
                durability, lockWait, ingestMaxAge, lease, keepBlobs, metadataCacheBytes, plan, tar, layers, erofs);
    }
}
