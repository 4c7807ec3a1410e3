/**
 * The words of OCI images: digests, references, media types, descriptors, platforms, manifests, image indexes, image
 * configurations, chainIds. Pure values, validated where they are made: no I/O, no Vert.x, no Netty.
 *
 * <p><i>digest</i>: of the bytes as transferred (compressed). <i>diffId</i>: of a layer's uncompressed tar.
 * <i>chainId</i>: of a stack of diffIds, base first.
 */
@NullMarked
package io.varve.oci;

import org.jspecify.annotations.NullMarked;
