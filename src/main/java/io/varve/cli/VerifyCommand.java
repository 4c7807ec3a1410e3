package io.varve.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.varve.catalogue.Node;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.verify.Finding;
import io.varve.verify.Verified;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "verify",
        description = {
            "Read every byte of the store, and print what is wrong: nothing when nothing is.",
            "",
            "Blobs and tars are hashed, indexes made again and compared; so is what the catalogue says. This takes no lock and"
                    + " changes nothing: pulls may go on meanwhile.",
            "",
            "damaged: not the bytes that its digest promises. missing: the catalogue or an image needs it. unknown,"
                    + " misrecorded: the catalogue does not know it, or is wrong about it. stale: behind the catalogue. unchecked:"
                    + " it could not be read. foreign: none of Varve's; that is only told.",
            "",
            "With --repair the store is held. What is damaged goes to quarantine/ in the store, where nothing uses it and"
                    + " nobody deletes it. Layers are made again from blobs, blobs from tars, indexes from layers, the catalogue"
                    + " from all of them. What cannot be made again is told with the names to pull. What is mounted shows what"
                    + " it showed until it is mounted again.",
            "",
            "Exits with 0 when nothing is wrong any more, else with 1.",
            "Example: varve verify --repair"
        })
final class VerifyCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Option(names = "--repair", description = "Bring back what is wrong, as far as the store can tell how.")
    boolean repair;

    @Option(names = "--json", description = "An array of objects: kind, what, digest, wrong, outcome, repaired.")
    boolean json;

    @Override
    public void run(UseCases useCases) throws IOException {
        long start = System.nanoTime();
        List<Finding> findings = Collections.synchronizedList(new ArrayList<>());
        Verified verified;
        try (VerifyMeter meter = new VerifyMeter(varve.options.quiet, json ? findings::add : this::print)) {
            verified = repair
                    ? useCases.verifier().repair(meter)
                    : useCases.verifier().verify(meter);
        }
        if (json) {
            printJson(findings);
        }
        varve.out().flush();
        if (!varve.options.quiet) {
            System.err.printf(
                    "verified %d files and names, %s in %s: %d findings%s%s%n",
                    verified.things(),
                    Sizes.bytes(verified.bytes()),
                    Sizes.duration(System.nanoTime() - start),
                    verified.found(),
                    repair ? ", of which " + verified.wrong() + " could not be repaired" : "",
                    verified.skipped() == 0
                            ? ""
                            : "; " + verified.skipped() + " indexes could not be compared with their layers");
        }
        if (verified.wrong() > 0) {
            throw Failure.of(
                            Category.MISMATCH,
                            verified.wrong() + " of " + verified.things() + " files and names are wrong"
                                    + (repair ? "" : "; `varve verify --repair`"))
                    .during("verifying store " + useCases.store().directory());
        }
    }

    /** At once: a large store takes hours. */
    private void print(Finding finding) {
        varve.out().println(line(finding));
        varve.out().flush();
    }

    /** Names of foreign files are anybody's, but spaces may stay. */
    private static String line(Finding finding) {
        StringBuilder safe = new StringBuilder();
        for (String word : finding.toString().split(" ", -1)) {
            safe.append(safe.isEmpty() ? "" : " ").append(Names.printable(word.getBytes(StandardCharsets.UTF_8)));
        }
        return safe.toString();
    }

    private void printJson(List<Finding> findings) throws IOException {
        try (JsonGenerator out = new JsonFactory().createGenerator(varve.out())) {
            out.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            out.writeStartArray();
            for (Finding finding : findings) {
                Node node = finding.node();
                out.writeRaw('\n');
                out.writeStartObject();
                out.writeStringField("kind", finding.kind().toString());
                out.writeStringField("what", finding.what());
                out.writeStringField(
                        "digest", node == null ? null : node.digest().toString());
                out.writeStringField("wrong", finding.wrong());
                out.writeStringField("outcome", finding.outcome());
                out.writeBooleanField("repaired", finding.repaired());
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeRaw('\n');
        }
    }
}
