/**
 * Whether a store is what it says: {@link io.varve.verify.Verifier} looks at every byte of it, and can bring back what is
 * wrong.
 *
 * <p>Every blob and tar is hashed; changes and indexes are made again and compared; the catalogue is compared with the files
 * and with what the documents say. What is wrong is a {@link io.varve.verify.Finding}. To look needs no lock and changes
 * nothing: what may be wrong only because somebody is writing is looked at again. A <i>repair</i> puts what is damaged into
 * quarantine and makes again what the rest of the store can tell; nothing is ever deleted. The command calls it.
 */
@NullMarked
package io.varve.verify;

import org.jspecify.annotations.NullMarked;
