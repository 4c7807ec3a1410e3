/**
 * The {@code varve} command. Each subcommand reads its operands, calls one use case and prints what came of it: results
 * to stdout, progress and failures to stderr. Exit codes: 0 done, 1 failed, 2 usage, 3 environment, 130 interrupted.
 *
 * <p>Nothing is decided here that an embedding application would want to have decided too.
 */
@NullMarked
package io.varve.cli;

import org.jspecify.annotations.NullMarked;
