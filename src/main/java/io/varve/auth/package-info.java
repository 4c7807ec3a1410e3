/**
 * Who asks, and what he may: a <i>caller</i> shows a token, which a {@link io.varve.auth.TokenVerifier} checks with one of the
 * <i>keys</i> that the settings name, or a certificate, which the settings know; either gives him his <i>scopes</i>, each of which
 * is an <i>action</i>, for all images or for those below a part of their names.
 *
 * <p>Pure: files, headers and connections are others'. Tokens are signed JWTs (RFC 7519) and nothing more; what the JDK has is
 * enough to verify them, with one algorithm for each kind of key, and what RFC 8725 advises is what is done. What is said of a token
 * that is refused never shows it.
 */
@NullMarked
package io.varve.auth;

import org.jspecify.annotations.NullMarked;
