package io.varve.bus;

/** Says nothing to a flow, and is answered when all that was sent before it is done. */
enum Mark implements Local {
    MARK
}
