/**
 * Varve, an OCI image pipeline: a layer is its tar, an image is an index over its layers' tars that the kernel mounts,
 * and nothing is unpacked on the way.
 *
 * <p>The reading path: {@code registry}, {@code layout} and {@code manifest} turn a reference into an image plan; {@code
 * pipeline} composes the stages, which meet on the {@code bus}; {@code decode} makes tar bytes of compressed ones; {@code tar} makes entries of tar bytes;
 * {@code layerfs} keeps a layer's tar with its changes and merges a stack of changes into a tree; {@code erofs} writes
 * the tree as an index the kernel mounts; {@code view} mounts it or materialises it; {@code build} and {@code encode} go the
 * other way, from changes to layers and images, which {@code push} brings to registries; {@code archive} makes one file of them and
 * takes them out of one; {@code api} serves a store;
 * {@code cli} is the command.
 *
 * <p>This package holds the composition root and the whole configuration, and nobody imports it. Everybody may import
 * {@code oci}, the words, and {@code failure}, the closed vocabulary of what can go wrong.
 */
@NullMarked
package io.varve;

import org.jspecify.annotations.NullMarked;
