/** Whole images, from hand-made tars to what the kernel shows: tests across rooms. */
@NullMarked
package io.varve.image;

import org.jspecify.annotations.NullMarked;
