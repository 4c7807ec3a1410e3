package io.varve.registry;

import java.time.Instant;

/**
 * A token that a realm issued.
 *
 * @param asked what it was asked for with
 * @param until when it is not to be used any more, shortly before the registry would refuse it
 */
record Token(String value, Demand.Bearer asked, Instant until) {
    @Override
    public String toString() {
        return "token for " + asked.scope().text() + " until " + until;
    }
}
