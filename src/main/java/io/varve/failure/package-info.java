/**
 * The closed vocabulary of what can go wrong. Every room throws {@link io.varve.failure.Failure} for what a caller can
 * act on, and nothing else; the edges (command, bus, HTTP) map its category once.
 */
@NullMarked
package io.varve.failure;

import org.jspecify.annotations.NullMarked;
