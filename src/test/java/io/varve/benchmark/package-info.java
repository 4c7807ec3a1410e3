/** Measurements, run by hand (docs/performance.md has the commands); no test asserts a time. */
@NullMarked
package io.varve.benchmark;

import org.jspecify.annotations.NullMarked;
