/** What Gatling runs, in a JVM of its own. Knows nothing of how the service was started, but what {@link Target} says. */
@NullMarked
package io.varve.loadtest.simulation;

import org.jspecify.annotations.NullMarked;
