package io.varve.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Of which form a store is, and how a directory becomes one. A store of no stated form is older than the statement. */
final class StoreForm {
    private static final int CURRENT = 1;
    private static final String KEY = "form";
    private static final int LIMIT = 4096;

    private StoreForm() {}

    /** @throws Failure Unavailable when the store was written by a newer Varve, Invalid when it does not say */
    static void check(StoreFiles files) {
        try {
            form(files.form());
        } catch (Failure e) {
            throw e.during(String.valueOf(files.form().getFileName()));
        } catch (IOException e) {
            throw Failure.from(e);
        }
    }

    /** Makes the directory a store of the current form that is an OCI image layout; what there is stays as it is. */
    static void establish(StoreFiles files, Staging staging) throws IOException {
        if (form(files.form()) < CURRENT) {
            staging.replace(files.form(), Json.write(Json.object().put(KEY, CURRENT)));
        }
        if (!Files.exists(files.layoutIndex())) {
            staging.replace(files.layoutIndex(), Index.of(List.of()).bytes());
        }
        if (!Files.exists(files.layoutMarker())) {
            staging.replace(files.layoutMarker(), Json.write(Json.object().put("imageLayoutVersion", "1.0.0")));
        }
    }

    private static int form(Path file) throws IOException {
        try {
            if (Files.size(file) > LIMIT) {
                throw Failure.invalid("got " + Files.size(file) + " bytes, wanted a form");
            }
            ObjectNode said = Json.read(Files.readAllBytes(file), LIMIT);
            int form = said.path(KEY).asInt(0);
            if (form < 1) {
                throw Failure.invalid(KEY + ": got " + said.path(KEY) + ", wanted a number from 1");
            }
            if (form > CURRENT) {
                throw Failure.of(
                        Category.UNAVAILABLE,
                        KEY + ": got " + form + ", wanted at most " + CURRENT + "; a newer Varve wrote this store");
            }
            return form;
        } catch (NoSuchFileException e) {
            return 0;
        }
    }
}
