package io.varve.registry;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.MediaType;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code GET /v2/<name>/manifests/<reference>}.
 *
 * @param digest what is asked for, when it is a digest
 * @param announced what the descriptor says that led here
 * @param limit the most bytes to take ({@code limits.manifestBytes})
 */
record ManifestPull(
        Vertx vertx,
        Exchange exchange,
        Repository repository,
        String tagOrDigest,
        Optional<Digest> digest,
        Optional<MediaType> announced,
        long limit)
        implements Question<RemoteDocument> {
    /** Registries convert, or say that there is no such manifest, when a type is not among these. */
    static final String ACCEPT = Arrays.stream(MediaType.Known.values())
            .filter(type -> type.kind() == MediaType.Kind.MANIFEST || type.kind() == MediaType.Kind.INDEX)
            .map(MediaType.Known::toString)
            .collect(Collectors.joining(", "));

    @Override
    public Future<RemoteDocument> ask(Endpoint endpoint) {
        String path = endpoint.path(repository);
        MultiMap headers = HttpHeaders.headers().add(HttpHeaders.ACCEPT, ACCEPT);
        Exchange.Request request = new Exchange.Request(
                Scope.pull(path), "/v2/" + path + "/manifests/" + tagOrDigest, headers, Set.of(200));
        return exchange.ask(endpoint, request, Caller.patient(repository.toString(), endpoint.access()))
                .compose(response -> {
                    try {
                        BlobPull.requireIdentity(response);
                    } catch (Failure e) {
                        response.drop();
                        return Future.failedFuture(e);
                    }
                    // Parsing a few MiB takes an event loop too long.
                    return SmallBody.read(response, limit, "limits.manifestBytes")
                            .compose(bytes -> vertx.executeBlocking(() -> verified(response, bytes), false));
                });
    }

    private RemoteDocument verified(Response response, byte[] bytes) {
        Digest wanted = digest.orElse(null);
        Digest told = DigestHeader.of(response);
        // The registry's word decides about the algorithm of a tag, its bytes about the digest.
        Digest.Algorithm algorithm =
                wanted != null ? wanted.algorithm() : told != null ? told.algorithm() : Digest.Algorithm.SHA256;
        Digest got = Digest.of(algorithm, bytes);
        if (wanted != null && !got.equals(wanted)) {
            throw Failure.mismatch("digest of " + bytes.length + " bytes", got, wanted);
        }
        if (told != null) {
            Digest same = Digest.of(told.algorithm(), bytes);
            if (!same.equals(told)) {
                throw Failure.mismatch("digest of " + bytes.length + " bytes", same, told + ", as announced");
            }
        }
        MediaType[] all = Stream.of(announced, mediaType(response))
                .flatMap(Optional::stream)
                .toArray(MediaType[]::new);
        Document document = Document.parse(bytes, limit, all);
        return new RemoteDocument(Descriptor.of(document.mediaType(), got, bytes.length), bytes);
    }

    private static Optional<MediaType> mediaType(Response response) {
        String header = response.headers().get(HttpHeaders.CONTENT_TYPE);
        if (header == null || header.isBlank()) {
            return Optional.empty();
        }
        try {
            return Optional.of(MediaType.parse(header.split(";", 2)[0].strip()));
        } catch (Failure e) {
            throw e.during("Content-Type");
        }
    }

    @Override
    public String toString() {
        return "pull manifest " + tagOrDigest + " from " + repository;
    }
}
