/**
 * What a store knows of its content: names, what needs what, who is at work. {@link io.varve.catalogue.Catalogue} reads,
 * {@link io.varve.catalogue.CatalogueWriter} writes, in transactions that are on the disk when they return.
 *
 * <p>A <i>node</i> is something with a digest: a blob, a layer, an index. An <i>edge</i> says that one node needs another. A
 * <i>tag</i> is the name of an image, a <i>lease</i> keeps nodes for a while, a <i>job</i> is work in progress. What no tag,
 * lease, job or view leads to is garbage. Everything here could be made again from the content and {@code index.json}.
 *
 * <p>SQLite, one file, with {@code -wal} and {@code -shm} beside it while somebody writes. Nobody else in the process may open
 * the file: closing it would end the locks of those who read and write it here. The pipeline, the collector and the commands
 * call this room. It never looks at a file of the content.
 */
@NullMarked
package io.varve.catalogue;

import org.jspecify.annotations.NullMarked;
