/**
 * One directory that holds everything: {@link io.varve.store.Store} opens its content, layers, indexes and catalogue
 * together, sees to it that one process writes at a time, that the directory is of a form that this Varve knows, and that it
 * stays an OCI image layout that others can read.
 *
 * <p>A store is <i>read</i> by anybody at any time, and <i>written</i> in a {@link io.varve.store.Session}: taking the lock,
 * sweeping up after processes that died, and opening the catalogue, which is <i>rebuilt</i> from the rest when it is missing
 * or damaged. The pipeline, the collector, the verifier and the commands come here.
 */
@NullMarked
package io.varve.store;

import org.jspecify.annotations.NullMarked;
