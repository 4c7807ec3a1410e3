/**
 * Strangers who connect, and how answers go out to them, whatever they say. A server <i>listens</i>; believes no request whose end is open
 * to doubt; and cuts off whoever is slow, or is a <i>reader</i> who does not read. An answer is a file's bytes in slabs, two for each
 * <i>body</i> at most, and none before there is memory for its slabs; the <i>ranges</i> that a caller wants of them; and what is
 * <i>underway</i>, so that the service ends without holding anything for anybody. Sockets belong to an event loop, which never waits:
 * workers read the disk.
 */
@NullMarked
package io.varve.http;

import org.jspecify.annotations.NullMarked;
