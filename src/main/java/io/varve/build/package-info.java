/**
 * Images made of a base and changes. A {@link io.varve.build.BuildSpec} says what is wanted; {@link io.varve.build.Builds} makes it: each
 * of its layers becomes a tar, unless somebody made the same before, and all of them with the base become configurations, manifests, and
 * names.
 *
 * <p>A spec and what it names come to the same digests everywhere and always: entries are in an order of our own, times are those of the
 * spec, owners are numbers, compression is room {@code encode}'s, and documents are written member by member in a fixed order. Nothing of a
 * build is there for anybody before all of it is.
 *
 * <p><i>Spec</i>: what a caller wrote. <i>Input</i>: a tar that comes beside it. <i>Making</i>: one layer on its way.
 */
@NullMarked
package io.varve.build;

import org.jspecify.annotations.NullMarked;
