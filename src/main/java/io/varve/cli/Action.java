package io.varve.cli;

import java.io.IOException;

/** What a subcommand does once its operands are read and the use cases are there. */
interface Action {

    /** @throws io.varve.failure.Failure when it fails */
    void run(UseCases useCases) throws IOException;

    /** The exit code when something this needs is not on this machine. */
    default int whenUnavailable() {
        return 1;
    }
}
