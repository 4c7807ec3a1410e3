package io.varve.bus;

/** What travels on the event bus by reference, and so never leaves this process. Not serializable, so that nobody copies it. */
public interface Local {}
