/**
 * Registries as a client sees them: {@link io.varve.registry.Registry} reads manifests and blobs of any of them. One class for
 * each endpoint; who may ask is found out by challenge and token, where to ask by mirrors, and how often by a retry that
 * obeys. Nothing here blocks an event loop, and no credential reaches a message.
 */
@NullMarked
package io.varve.registry;

import org.jspecify.annotations.NullMarked;
