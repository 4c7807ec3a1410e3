package io.varve.verify;

import io.varve.catalogue.Node;
import java.io.IOException;

/** One thing to be looked at. What it finds, it tells the {@link Ledger}. */
interface Check {
    Node node();

    /** How many bytes there are to read. */
    long bytes();

    /**
     * @param place of the node
     * @throws IOException when it cannot be looked at; so do failures
     */
    void look(Place place) throws IOException;
}
