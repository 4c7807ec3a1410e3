package io.varve.registry;

import java.util.function.BooleanSupplier;

/**
 * Who asks.
 *
 * @param line where to wait for a turn, with others of the same name
 * @param gone whether nobody waits for the answer any more
 * @param spared whether to ask only while a connection is free that nobody waits for; else fails as given up
 * @param anywhere as {@link Access} has it
 */
record Caller(String line, BooleanSupplier gone, boolean spared, boolean anywhere) {

    /** Somebody who stays until there is an answer. */
    static Caller patient(String line, Access access) {
        return new Caller(line, () -> false, false, access.anywhere());
    }
}
