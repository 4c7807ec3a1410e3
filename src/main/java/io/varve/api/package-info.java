/**
 * The service over HTTP: {@link io.varve.api.Api} listens and ends. What there is to be asked stands in the <i>contract</i>, {@code
 * openapi.yaml}; the router is made of it, and each question is checked against it before one of the <i>faces</i> answers it, which
 * turn JSON into calls of the use cases and their results into JSON. A failure becomes a problem document in one place, the
 * <i>exchange</i>. Under {@code /v2/} is the registry of room {@code distribution}. In front of both is the <i>gate</i>,
 * which knows who asks and what he may (room {@code auth}); which images there are for him is his <i>sight</i>.
 *
 * <p>Sockets belong to an event loop, which never waits: the catalogue is asked and written by workers, and jobs are those of room
 * {@code job}.
 */
@NullMarked
package io.varve.api;

import org.jspecify.annotations.NullMarked;
