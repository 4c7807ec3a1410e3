package io.varve.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.varve.catalogue.StoredImage;
import io.varve.image.Description;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.Reference;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "images",
        description = {
            "List the images of the store: their names, and those without one that are still kept.",
            "",
            "BLOBS are bytes as transferred, TARS bytes as kept, each counted once for an image; images share them. Of an"
                    + " artifact, which cannot be mounted, PLATFORM says that it is one."
        })
final class ImagesCommand implements Action {
    private static final int SHORT = 12;

    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Option(names = "--json", description = "An array of objects, with names, digests and bytes in full.")
    boolean json;

    @Override
    public void run(UseCases useCases) throws IOException {
        List<StoredImage> images =
                useCases.store().read(catalogue -> catalogue.images()).orElse(List.of());
        if (json) {
            printJson(images);
        } else {
            print(images, varve.out());
        }
    }

    private static void print(List<StoredImage> images, PrintStream out) {
        Instant now = Instant.now();
        Table table = new Table("NAME", "DIGEST", "PLATFORM", "BLOBS", "TARS", "PULLED");
        for (StoredImage image : images) {
            table.row(
                    image.name() == null
                            ? "<none>"
                            : Reference.parse(image.name()).familiar(),
                    shortened(image.image().digest()),
                    image.isArtifact() ? "artifact" : platforms(image.platforms()),
                    Sizes.bytes(image.blobBytes()),
                    Sizes.bytes(image.tarBytes()),
                    Sizes.age(Duration.between(image.updated(), now)));
        }
        table.print(out);
    }

    private static String shortened(Digest digest) {
        return digest.hex().substring(0, SHORT);
    }

    private static String platforms(List<String> platforms) {
        return platforms.size() <= 2 ? String.join(",", platforms) : platforms.size() + " platforms";
    }

    private void printJson(List<StoredImage> images) throws IOException {
        try (JsonGenerator out = new JsonFactory().createGenerator(varve.out())) {
            out.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            out.writeStartArray();
            for (StoredImage image : images) {
                out.writeRaw('\n');
                out.writeRawValue(Json.text(Description.of(image)));
            }
            out.writeEndArray();
            out.writeRaw('\n');
        }
    }
}
