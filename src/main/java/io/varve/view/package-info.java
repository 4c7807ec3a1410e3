/**
 * Trees become directories on the host: by a kernel mount, or by being written out as files.
 *
 * <p>A <i>view</i> is a mounted tree. {@link io.varve.view.Views} mounts the index of an image at directories of the
 * caller's, takes views away, and knows those that earlier processes mounted. All views of an image share one kernel
 * EROFS mount, and so one page cache. {@link io.varve.view.Materialise} writes a tree out where the kernel cannot mount
 * it, or where somebody wants plain files.
 *
 * <p>Everything here blocks its thread. No name out of an image is ever resolved as a path, and nothing follows a
 * symlink of an image. Knows nothing of registries, digests to verify, or tags.
 */
@NullMarked
package io.varve.view;

import org.jspecify.annotations.NullMarked;
