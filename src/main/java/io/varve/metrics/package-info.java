/** What is measured of a service, by its names. Only the composition root knows of it. */
@NullMarked
package io.varve.metrics;

import org.jspecify.annotations.NullMarked;
