/**
 * Brings images to registries: {@link io.varve.push.Pushes} pushes those of a store, and copies from one registry to another. A
 * freight is all that has to be there; blobs go before the documents that name them, parts before the whole, and the name comes
 * last, so that nobody finds a name that leads to less than everything. Nothing is sent that the registry has.
 */
@NullMarked
package io.varve.push;

import org.jspecify.annotations.NullMarked;
