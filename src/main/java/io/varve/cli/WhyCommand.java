package io.varve.cli;

import io.varve.catalogue.Edge;
import io.varve.catalogue.Node;
import io.varve.catalogue.Reason;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "why",
        description = {
            "Show what keeps a blob, a layer or an index in the store: each name, view, job or lease, and the way from it.",
            "",
            "DIGEST is of a blob, or a diffId, or a chainId. Nothing is printed for what the next gc will take.",
            "Example: varve why sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
        })
final class WhyCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Parameters(index = "0", paramLabel = "DIGEST", description = "sha256:… or sha512:…")
    String digest = "";

    @Override
    public void run(UseCases useCases) {
        Digest wanted = Digest.parse(digest);
        List<Reason> reasons = useCases.reasons().why(wanted, Instant.now());
        if (reasons.isEmpty() && !useCases.reasons().knows(wanted)) {
            throw Failure.notFound("got nothing with digest " + wanted + " in the store");
        }
        reasons.forEach(this::print);
    }

    private void print(Reason reason) {
        varve.out().println(Names.printable(reason.root().getBytes(StandardCharsets.UTF_8)));
        Node first = reason.chain().isEmpty()
                ? reason.node()
                : reason.chain().getFirst().parent();
        StringBuilder indent = new StringBuilder("  ");
        varve.out().println(indent + "→ " + word(first.kind()) + " " + first.digest());
        for (Edge edge : reason.chain()) {
            indent.append("  ");
            varve.out()
                    .println(indent + "→ " + word(edge.role()) + " "
                            + edge.child().digest());
        }
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
