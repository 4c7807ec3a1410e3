/**
 * Images as one file, out and in. {@link io.varve.archive.Exports} writes an image of the store as an OCI layout in a tar, as what Docker
 * loads, or as the tar of its root filesystem; {@link io.varve.archive.Imports} tells by itself which of them a file is and brings what is in
 * it into the store.
 *
 * <p>Nothing is unpacked either way: bytes of blobs and layers go between files by ranges. The same image gives the same bytes. What
 * comes in is somebody else's: names in it lead nowhere but into the archive itself, and what its documents promise is verified by those
 * who pull from it.
 *
 * <p><i>Archive</i>: the file. <i>Member</i>: a file in it. <i>Spool</i>: a copy in the store of what can be read once only, for as long as
 * the import takes.
 */
@NullMarked
package io.varve.archive;

import org.jspecify.annotations.NullMarked;
