/**
 * An OCI image layout on disk (image-spec, image-layout.md): {@code oci-layout}, {@code index.json} and
 * {@code blobs/<algorithm>/<hex>}, in a directory or in a tar of one, an archive.
 *
 * <p>{@link io.varve.layout.OciLayout} finds an image in one and reads its blobs; {@link io.varve.layout.LayoutWriter}
 * makes one; {@link io.varve.layout.LayoutReference} is how a user names an image in one. Whoever reads layouts or exports
 * images calls these. A layout is somebody else's input: nothing outside its directory is read, no file that is not
 * regular, and an archive is never unpacked. What a blob means is not decided here.
 */
@NullMarked
package io.varve.layout;

import org.jspecify.annotations.NullMarked;
