package io.varve;

import io.varve.api.ApiLimits;
import io.varve.bus.WorkLimits;
import io.varve.decode.DecodeLimits;
import io.varve.erofs.ErofsLimits;
import io.varve.job.JobLimits;
import io.varve.layerfs.LayerLimits;
import io.varve.manifest.PlanLimits;
import io.varve.registry.RegistryLimits;
import io.varve.tar.TarLimits;

/** What an input may ask of us, all of it, each room's in that room's words. */
public record Limits(
        PlanLimits plan,
        DecodeLimits decode,
        TarLimits tar,
        LayerLimits layers,
        ErofsLimits erofs,
        WorkLimits work,
        RegistryLimits registry,
        ApiLimits api,
        JobLimits jobs) {}
