package io.varve.registry;

import java.util.Map;

/**
 * One way of saying who one is that a server offers.
 *
 * @param scheme in lower case
 * @param parameters by their names in lower case, in their order; empty where the scheme stands alone or with a token68
 */
record Challenge(String scheme, Map<String, String> parameters) {

    /** Empty when there is none of this name. */
    String parameter(String name) {
        return parameters.getOrDefault(name, "");
    }
}
