package io.varve.registry;

import java.util.function.BooleanSupplier;

/**
 * Who asks.
 *
 * @param line where to wait for a turn, with others of the same name
 * @param gone whether nobody waits for the answer any more
 */
record Caller(String line, BooleanSupplier gone) {

    /** Somebody who stays until there is an answer. */
    static Caller patient(String line) {
        return new Caller(line, () -> false);
    }
}
