/**
 * How bytes travel between the stages: in <i>slabs</i>, pooled direct buffers of one size, which
 * {@link io.varve.bus.Slabs} allocates for everybody. A slab has one owner at a time, and the owner releases it.
 *
 * <p>Nothing here looks into the bytes.
 */
@NullMarked
package io.varve.bus;

import org.jspecify.annotations.NullMarked;
