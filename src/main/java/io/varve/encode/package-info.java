/**
 * The tars of layers being compressed, the other way round than room {@code decode}: an {@link io.varve.encode.Encoding} says how, and an
 * {@link io.varve.encode.EncodeFlow} does it while the bytes pass by.
 *
 * <p>The same tar gives the same bytes, on every machine and whatever else it does: the code is ours or comes with us, and what is
 * compressed at once are <i>segments</i>, which are cut by the bytes of the tar and by nothing else. Each is compressed by itself, so as many
 * cores as there are work at one layer. A change of what comes out is a change that users notice, and stands in the change log.
 */
@NullMarked
package io.varve.encode;

import org.jspecify.annotations.NullMarked;
