package io.varve.pipeline;

/**
 * How far a layer is.
 *
 * @param network bytes of its blob that came from its source
 * @param cached bytes of its blob that the store had already
 * @param decoded bytes of its tar that were decoded
 * @param assembled bytes of its tar that were hashed, written and parsed
 */
public record LayerProgress(long network, long cached, long decoded, long assembled) {}
