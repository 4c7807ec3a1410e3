package io.varve.view;

import io.varve.oci.Digest;
import java.nio.file.Path;
import java.util.List;

/**
 * What the kernel mounts as an image: an EROFS index and the tars that its files' bytes stand in.
 *
 * @param chainId of the image's layers, which is what makes two indexes the same
 * @param index the EROFS file; it does not change while a view of it is mounted, and neither do the tars
 * @param tars all devices of the index in the order of its device table: a device left out would show wrong bytes
 */
public record Index(Digest chainId, Path index, List<Path> tars) {}
