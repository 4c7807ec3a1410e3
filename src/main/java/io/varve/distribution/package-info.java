/**
 * A store as a registry: what the OCI distribution API is asked becomes a <i>route</i>, is looked up in the <i>repositories</i> of the
 * store, and answered with its <i>content</i> or a <i>refusal</i>. What clients push is <i>uploaded</i> blob by blob, and the manifest
 * that needs the blobs is <i>offered</i>, checked and put by the <i>publication</i>.
 *
 * <p>A repository {@code N} here is what the store calls {@code <address>/N}, {@code <address>} being where the service listens, or
 * the public name that the settings give it, and never what a client calls it. It has what its images need, what was pushed to it,
 * and nothing else, whatever else the store has; and it has nothing of what is being uploaded.
 */
@NullMarked
package io.varve.distribution;

import org.jspecify.annotations.NullMarked;
