package io.varve.bus;

/**
 * What all work in progress may take.
 *
 * @param budgetBytes of memory for the slabs and decoders of layers on their way, and as many for trees that are merged
 */
public record WorkLimits(long budgetBytes) {
    public static final WorkLimits DEFAULTS = new WorkLimits(96L << 20);
}
