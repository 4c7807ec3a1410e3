package io.varve.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.varve.view.View;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "mounts", description = "List the mounted views of the store, whoever mounted them.")
final class MountsCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Option(names = "--json", description = "An array of objects.")
    boolean json;

    @Override
    public void run(UseCases useCases) throws IOException {
        List<View> views = useCases.views().mounted();
        if (json) {
            printJson(views);
            return;
        }
        for (View view : views) {
            varve.out()
                    .printf(
                            "%s  %s  %s%n",
                            view.writable() ? "rw" : "ro",
                            printable(view.directory().toString()),
                            printable(view.image().isEmpty() ? view.chainId().toString() : view.image()));
        }
    }

    private static String printable(String text) {
        return Names.printable(text.getBytes(StandardCharsets.UTF_8));
    }

    private void printJson(List<View> views) throws IOException {
        try (JsonGenerator out = new JsonFactory().createGenerator(varve.out())) {
            out.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            out.writeStartArray();
            for (View view : views) {
                out.writeRaw('\n');
                out.writeStartObject();
                out.writeStringField("id", view.id());
                out.writeStringField("chainId", view.chainId().toString());
                out.writeStringField("image", view.image());
                out.writeStringField("directory", view.directory().toString());
                out.writeBooleanField("writable", view.writable());
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeRaw('\n');
        }
    }
}
