package io.varve.pipeline;

/** What a pull brought: all of it is in the store. */
public sealed interface Brought permits Image, Artifact {}
