package io.varve.gc;

import io.varve.catalogue.Node;
import io.varve.view.View;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What views keep, in the words of the catalogue. */
final class Roots {
    private Roots() {}

    /** Each view's index, with the words for why it is kept. */
    static Map<Node, String> of(List<View> views) {
        Map<Node, String> roots = new LinkedHashMap<>();
        views.forEach(view -> roots.merge(
                Node.index(view.chainId()), "view " + view.directory(), (one, other) -> one + ", " + other));
        return roots;
    }
}
