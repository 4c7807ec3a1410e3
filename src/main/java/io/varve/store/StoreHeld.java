package io.varve.store;

/** Why a session could not begin: the cause of a failure, for those who tell it from others. */
public final class StoreHeld extends Exception {
    private static final long serialVersionUID = 1L;

    StoreHeld(String holder) {
        super("held by " + holder);
    }
}
