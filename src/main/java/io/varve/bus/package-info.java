/**
 * How bytes travel between the stages: in <i>slabs</i>, pooled direct buffers of one size, which
 * {@link io.varve.bus.Slabs} allocates for everybody. A {@link io.varve.bus.Stage} opens a <i>flow</i> for each stream; an
 * {@link io.varve.bus.Outlet} hands slabs to it by reference over the local event bus, a small window of them at a time, so
 * that whoever is slow holds back everybody before it. A slab has one owner at a time, and the owner releases it.
 *
 * <p>What may be on its way at once is bounded by one {@link io.varve.bus.Budget} of the process. Nothing here looks into
 * the bytes.
 */
@NullMarked
package io.varve.bus;

import org.jspecify.annotations.NullMarked;
