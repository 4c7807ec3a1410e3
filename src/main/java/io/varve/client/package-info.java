/** Where commands and the service of one store meet: its socket, and who asks by it. */
@NullMarked
package io.varve.client;

import org.jspecify.annotations.NullMarked;
