/**
 * What callers watch and cancel: a <i>job</i> is one caller's, a <i>task</i> is the work that one or several jobs wait for, and
 * the <i>facts</i> say how far it is. {@link io.varve.job.Jobs} is the contract: it admits so many, lets each caller have a turn,
 * and remembers what became of them.
 *
 * <pre>
 *   queued ──▶ running ──▶ done
 *      └──────────┴──────▶ failed    (cancelled, too)
 * </pre>
 *
 * <p>Callers are the HTTP and event-bus faces. What a job does is given to it; nothing here knows of HTTP.
 */
@NullMarked
package io.varve.job;

import org.jspecify.annotations.NullMarked;
