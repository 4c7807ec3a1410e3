/**
 * Load on a service of our own making: {@link io.varve.loadtest.Run} makes a registry with a few images, starts {@code varve serve} with
 * TLS on a store that is empty, has Gatling run one of the simulations, watches the service's process meanwhile, and says what came of it.
 * Whatever it starts it ends, by its process.
 */
@NullMarked
package io.varve.loadtest;

import org.jspecify.annotations.NullMarked;
