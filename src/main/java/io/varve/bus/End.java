package io.varve.bus;

/** What a flow is told behind the last slab: it verifies what it took, and answers when everybody behind it has too. */
public enum End implements Local {
    END
}
