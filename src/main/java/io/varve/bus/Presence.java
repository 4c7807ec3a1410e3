package io.varve.bus;

/** A question to a flow that is answered, with a failure, when the flow has ended. */
enum Presence implements Local {
    PRESENCE
}
