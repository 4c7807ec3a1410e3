/**
 * The parts of a pull that are run most, each by itself, measured with JMH ({@link io.varve.benchmark.Micro} runs them; with
 * {@code -prof gc} what they allocate too).
 */
@NullMarked
package io.varve.benchmark.micro;

import org.jspecify.annotations.NullMarked;
