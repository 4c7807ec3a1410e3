/**
 * What a store is worth after a kill or a power loss: one {@linkplain io.varve.crash.Workload workload}, three ways to die,
 * and one {@linkplain io.varve.crash.Aftermath examination} of what is left.
 */
@NullMarked
package io.varve.crash;

import org.jspecify.annotations.NullMarked;
