/**
 * The words of OCI images: digests, references, media types, descriptors, platforms, manifests, image indexes, image
 * configurations, chainIds. Pure values, validated where they are made: no I/O, no Vert.x, no Netty. Every room speaks
 * them.
 *
 * <p><i>digest</i>: of the bytes as transferred (compressed). <i>diffId</i>: of a layer's uncompressed tar.
 * <i>chainId</i>: of a stack of diffIds, base first.
 *
 * <p>JSON documents keep their tree: {@link io.varve.oci.Document}, {@link io.varve.oci.ImageConfig} and
 * {@link io.varve.oci.Descriptor} are typed and checked views of it, so what Varve does not know is neither lost nor
 * refused. What it does know and finds wrong is refused with the name of the field.
 */
@NullMarked
package io.varve.oci;

import org.jspecify.annotations.NullMarked;
