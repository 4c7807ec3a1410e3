/**
 * A store as a registry, as far as it only reads: what the OCI distribution API is asked becomes a <i>route</i>, is looked up in the
 * <i>repositories</i> of the store, and answered with its <i>content</i> or a <i>refusal</i>.
 *
 * <p>A repository {@code N} here is what the store calls {@code <address>/N}, {@code <address>} being where the service listens, or
 * the public name that the settings give it, and never what a client calls it. It has what its images need and nothing else,
 * whatever else the store has. Nothing here writes to the store.
 */
@NullMarked
package io.varve.distribution;

import org.jspecify.annotations.NullMarked;
