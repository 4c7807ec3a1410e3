/**
 * What watches every test: a leaked buffer or a blocked event loop fails the test it is noticed in, or its class, or at
 * the latest the run. {@link io.varve.guard.Overheard} listens to those who notice, and {@link io.varve.guard.Guards} asks
 * it on behalf of the tests, which need nothing but to take their Vert.x from {@link io.varve.guard.WatchedVertx}.
 * {@link io.varve.guard.Deadline} waits for what a test waits for.
 */
@NullMarked
package io.varve.guard;

import org.jspecify.annotations.NullMarked;
