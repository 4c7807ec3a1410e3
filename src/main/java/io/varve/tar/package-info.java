/**
 * Tar bytes and entries, both ways.
 *
 * <p>{@link io.varve.tar.TarReader} is fed the bytes of a layer's tar as they pass by and says of every
 * {@link io.varve.tar.TarEntry} what its headers say and where its data stands; the data itself is skipped and never
 * handed out. {@link io.varve.tar.TarWriter} makes tars, the same bytes for the same entries.
 *
 * <p><i>Block</i>: 512 bytes at a multiple of 512; everything in a tar starts on one. <i>Header</i>: a block that
 * describes a member. <i>Extension</i>: a header with data of its own that says more about the member behind it (PAX
 * {@code x}, GNU {@code L} and {@code K}) or about all members behind it (PAX {@code g}). <i>Member</i>: extensions,
 * header and data of one entry. <i>Extent</i>: a run of a file's bytes that stands in one piece in the tar.
 *
 * <p>Names, link targets and attributes are bytes, neither decoded nor normalised: what they mean in a filesystem is
 * decided where layers are merged. Nothing here opens a path, or waits.
 */
@NullMarked
package io.varve.tar;

import org.jspecify.annotations.NullMarked;
