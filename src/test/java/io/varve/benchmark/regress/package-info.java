/**
 * Whether Varve keeps its distance from a {@linkplain io.varve.benchmark.baseline straightforward tool}: both do the same work in
 * turns, each time in a process of its own, and the ratio is compared with one that was recorded. {@code loadtest/regress} runs it.
 */
@NullMarked
package io.varve.benchmark.regress;

import org.jspecify.annotations.NullMarked;
