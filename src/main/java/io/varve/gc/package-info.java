/**
 * What of a store may go, and why the rest may not: the {@link io.varve.gc.Collector} removes what nothing needs,
 * {@link io.varve.gc.Reasons} tells what needs a thing.
 *
 * <p>Needed is what a tag, a lease, a job or a view leads to. The catalogue decides about that, in one transaction with the
 * removal: whoever leases a thing before looking for it either keeps it or does not find it. Files that the catalogue does
 * not know are not touched here. The commands call it.
 */
@NullMarked
package io.varve.gc;

import org.jspecify.annotations.NullMarked;
