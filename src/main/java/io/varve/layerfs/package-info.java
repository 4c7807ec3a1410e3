/**
 * LayerFS: layers on disk, and what a stack of them shows.
 *
 * <p>A <i>layer</i> is its uncompressed tar, byte for byte, and its <i>changes</i>: the tar's entries in their order,
 * with the place of their data. {@link io.varve.layerfs.LayerWriter} makes both in one pass over the stream.
 * {@link io.varve.layerfs.Merge} applies the changes of a stack, base first, and makes the
 * {@link io.varve.layerfs.Tree}: the namespace an image shows, which everything else consumes. Whiteouts, links across
 * layers and entries behind symlinks are resolved in the merge and nowhere else.
 *
 * <p>{@link io.varve.layerfs.Filesystem} is what an image shows to those who want a few things of it, by its tree or by its
 * index, the bytes of files among them; {@link io.varve.layerfs.TreeTar} hands out all of a tree. No path out of a layer is ever opened on the host here.
 */
@NullMarked
package io.varve.layerfs;

import org.jspecify.annotations.NullMarked;
