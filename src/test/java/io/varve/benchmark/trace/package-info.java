/**
 * Which images a busy service is asked for, one after the other, the same in every run; and how often a cache of metadata has them.
 */
@NullMarked
package io.varve.benchmark.trace;

import org.jspecify.annotations.NullMarked;
