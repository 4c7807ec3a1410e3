package io.varve.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.archive.ArchiveFormat;
import io.varve.archive.Imports;
import io.varve.archive.Spool;
import io.varve.auth.Action;
import io.varve.bus.Here;
import io.varve.failure.Failure;
import io.varve.http.Incoming;
import io.varve.image.Naming;
import io.varve.oci.Json;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.PullListener;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.regex.Pattern;

/** Images out of files that callers send. Belongs to one event loop. */
final class ImportFace {
    private static final Pattern TYPES =
            Pattern.compile("(?i)application/(?:octet-stream|x-tar|x-gtar|gzip|x-gzip|zstd)[ \\t]*(;.*)?");

    private final Context context;
    private final Imports imports;
    private final StoreChanges changes;
    private final Writers writers;
    private final Incoming incoming;
    private final long most;
    private final boolean strangers;

    /**
     * @param most bytes of one archive
     * @param strangers whether callers have to say who they are, because what one may have another may not
     */
    ImportFace(
            Context context,
            Imports imports,
            StoreChanges changes,
            Writers writers,
            Incoming incoming,
            long most,
            boolean strangers) {
        this.context = context;
        this.imports = imports;
        this.changes = changes;
        this.writers = writers;
        this.incoming = incoming;
        this.most = most;
        this.strangers = strangers;
    }

    Future<Void> create(Exchange exchange) {
        String type = exchange.header("Content-Type");
        if (type == null || !TYPES.matcher(type).matches()) {
            throw Refused.mediaType(type == null ? "none" : type, "application/x-tar or application/octet-stream");
        }
        Imports.Asking asking = asking(exchange);
        HttpServerRequest request = exchange.request();
        if (Incoming.length(request) > most) {
            throw Failure.exceeded("bytes of the body", Incoming.length(request), most, "limits.uploadBytes");
        }
        request.pause();
        return writers.write(imports::spool)
                .compose(spool -> incoming.receive(
                                exchange.reader(),
                                spool::accept,
                                exchange.reader().gone())
                        .compose(all -> read(exchange, spool, asking))
                        .eventually(() -> writers.write(() -> {
                            spool.close();
                            return true;
                        })))
                .onFailure(failed -> Incoming.drop(request))
                .compose(imported -> exchange.answer(200, changes.imported(told(imported))));
    }

    private Imports.Asking asking(Exchange exchange) {
        String format = exchange.query("format");
        String reference = exchange.query("reference");
        String platform = exchange.query("platform");
        List<Reference> names = reference == null ? List.of() : List.of(Naming.name(reference));
        names.forEach(name -> exchange.require(Action.WRITE, name));
        return new Imports.Asking(
                format == null ? null : ArchiveFormat.parse(format),
                names,
                platform == null ? null : Platform.parse(platform),
                true,
                strangers && !exchange.isLocal(),
                name -> exchange.require(Action.WRITE, name),
                exchange.scopes().allowAll(Action.WRITE));
    }

    /** Whoever goes away wants nothing more. */
    private Future<List<Imports.Imported>> read(Exchange exchange, Spool spool, Imports.Asking asking) {
        Cancellation going = new Cancellation();
        exchange.reader().gone().onFailure(gone -> going.cancel());
        return Here.on(context, imports.read(spool, asking, going, PullListener.NONE));
    }

    private static ObjectNode told(List<Imports.Imported> imported) {
        ObjectNode answer = Json.object();
        ArrayNode images = answer.putArray("images");
        for (Imports.Imported each : imported) {
            ObjectNode image = images.addObject();
            image.put(
                    "image",
                    each.names().isEmpty() ? null : each.names().getFirst().toString());
            image.put("digest", each.image().digest().toString());
            image.put("mediaType", each.image().mediaType().toString());
            image.put("size", each.image().size());
            each.names().forEach(name -> image.withArray("/names").add(name.toString()));
        }
        return answer;
    }
}
