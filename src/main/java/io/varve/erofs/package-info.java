/**
 * EROFS indexes: a stack's tree as a small filesystem image that the kernel mounts, and back.
 *
 * <p>The <i>index</i> is device 0 and holds names and attributes; extra device <i>i</i> + 1 is the tar of layer <i>i</i>,
 * base first, and a file's bytes stay where they are in it. Only what a block device cannot reach is copied into the
 * index: runs that do not stand on a block boundary, and what reaches into a tar's last, partial block.
 *
 * <p>{@link io.varve.erofs.ErofsWriter} writes an index, {@link io.varve.erofs.ErofsReader} makes its tree again, and
 * {@link io.varve.erofs.IndexedFilesystem} finds single names and files in it.
 * Mounting is for {@code view}: every tar must be passed, in the order of the layers.
 *
 * <p>No clock, no random number, no network. Blocks are of 512 bytes, because data in a tar begins on multiples of that.
 */
@NullMarked
package io.varve.erofs;

import org.jspecify.annotations.NullMarked;
