package io.varve.registry;

import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import io.varve.oci.Reference;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A registry on loopback that serves what it was given, as the distribution specification has it, until its {@link
 * #server} is told to do otherwise:
 *
 * <pre>
 *   registry.add("it", "1", source, image);
 *   registry.server().script("/blobs/", Fault.cut(100), Fault.status(503));
 * </pre>
 */
public final class FakeRegistry implements AutoCloseable {
    private static final Pattern MANIFEST = Pattern.compile("/v2/(?<repository>.+)/manifests/(?<name>[^/]+)");
    private static final Pattern BLOB = Pattern.compile("/v2/(?<repository>.+)/blobs/(?<name>[^/]+)");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d*)");

    private final FakeServer server;
    private final Map<String, Manifest> manifests = new ConcurrentHashMap<>();
    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    private final FakeUploads uploads = new FakeUploads(blobs);
    private boolean keepsReferrers = true;
    private Gate gate = (asked, scope) -> null;

    private record Manifest(MediaType mediaType, byte[] bytes) {}

    /** Who may ask. */
    @FunctionalInterface
    private interface Gate {
        /** @return null for somebody who may */
        @Nullable
        FakeReply refusal(Asked asked, String scope);
    }

    /** How a server with these answers is started. */
    @FunctionalInterface
    private interface Start {
        FakeServer with(Function<Asked, FakeReply> answers) throws TimeoutException;
    }

    private FakeRegistry(Start start) throws TimeoutException {
        server = start.with(this::answer);
    }

    public static FakeRegistry http(Vertx vertx) throws TimeoutException {
        return new FakeRegistry(answers -> FakeServer.http(vertx, answers));
    }

    static FakeRegistry https(Vertx vertx, PemKeyCertOptions identity) throws TimeoutException {
        return new FakeRegistry(answers -> FakeServer.https(vertx, identity, answers));
    }

    static FakeRegistry http2(Vertx vertx, PemKeyCertOptions identity) throws TimeoutException {
        return new FakeRegistry(answers -> FakeServer.http2(vertx, identity, answers));
    }

    /** What misbehaves, and knows what was asked. */
    public FakeServer server() {
        return server;
    }

    public Reference reference(String repository, String tag) {
        return Reference.parse(server.host() + "/" + repository + ":" + tag);
    }

    /** Has a manifest or an image index by its tag and its digest. */
    public Descriptor manifest(String repository, String tag, byte[] bytes) {
        MediaType mediaType = Document.parse(bytes, Json.DEFAULT_LIMIT).mediaType();
        Digest digest = Digest.sha256(bytes);
        Manifest manifest = new Manifest(mediaType, bytes);
        manifests.put(repository + ":" + tag, manifest);
        manifests.put(repository + ":" + digest, manifest);
        return Descriptor.of(mediaType, digest, bytes.length);
    }

    /** Uploads that have begun and not ended. */
    int openUploads() {
        return uploads.open();
    }

    /** Has a blob, in every repository. */
    public void blob(byte[] bytes) {
        blobs.put(Digest.sha256(bytes).toString(), bytes);
    }

    /** Has all of the image. */
    public FakeRegistry add(String repository, String tag, FakeSource source, FakeImage image) {
        manifest(repository, tag, source.read(image.manifest(), Json.DEFAULT_LIMIT));
        for (Descriptor each : image.blobs()) {
            blob(source.read(each, Long.MAX_VALUE));
        }
        return this;
    }

    /** Lets nobody but the user in. */
    public FakeRegistry demandBasic(String user, String password) {
        String wanted = TokenIssuer.basic(new Credential.Basic(user, password));
        gate = (asked, scope) ->
                wanted.equals(asked.header("Authorization")) ? null : unauthorized("Basic realm=\"fake\"");
        return this;
    }

    /** Lets nobody in without a token. */
    FakeRegistry demandTokens(TokenIssuer issuer, String realm) {
        gate = (asked, scope) -> issuer.accepts(asked, scope)
                ? null
                : unauthorized("Bearer realm=\"" + realm + "\",service=\"" + TokenIssuer.SERVICE + "\""
                        + (scope.isEmpty() ? "" : ",scope=\"" + scope + "\""));
        return this;
    }

    static FakeReply unauthorized(String challenge) {
        return FakeReply.error(401, "UNAUTHORIZED", "authentication required").with("WWW-Authenticate", challenge);
    }

    /** Says nothing of subjects, as registries did before OCI 1.1. */
    FakeRegistry withoutReferrers() {
        keepsReferrers = false;
        return this;
    }

    /** Whether it has the blob. */
    public boolean has(Descriptor blob) {
        return blobs.containsKey(blob.digest().toString());
    }

    /** What a tag or a digest of a manifest leads to; null for nothing. */
    public byte @Nullable [] manifest(String repository, String name) {
        Manifest manifest = manifests.get(repository + ":" + name);
        return manifest == null ? null : manifest.bytes;
    }

    /** What it answers when nothing is wrong. */
    FakeReply answer(Asked asked) {
        String upload = FakeUploads.repository(asked);
        if (upload != null) {
            FakeReply refusal = gate.refusal(asked, push(upload, FakeUploads.query(asked, "from")));
            return refusal == null ? uploads.answer(asked) : refusal;
        }
        Matcher manifest = MANIFEST.matcher(asked.path());
        Matcher blob = BLOB.matcher(asked.path());
        if (manifest.matches()) {
            FakeReply refusal = gate.refusal(asked, scope(asked, manifest.group("repository")));
            if (refusal == null && asked.method().equals(HttpMethod.PUT)) {
                return put(asked, manifest.group("repository"), manifest.group("name"));
            }
            return refusal == null ? answer(manifest.group("repository"), manifest.group("name")) : refusal;
        } else if (blob.matches()) {
            FakeReply refusal = gate.refusal(asked, scope(asked, blob.group("repository")));
            return refusal == null ? blob(asked, blob.group("name")) : refusal;
        } else if (asked.path().equals("/v2/")) {
            FakeReply refusal = gate.refusal(asked, "");
            return refusal == null ? FakeReply.of(200, "{}") : refusal;
        }
        return FakeReply.error(404, "NAME_UNKNOWN", "nothing here");
    }

    private static String scope(Asked asked, String repository) {
        return asked.method().equals(HttpMethod.GET) ? pull(repository) : push(repository, "");
    }

    /** @param from what is mounted of; empty for nothing */
    private static String push(String repository, String from) {
        String push = pull(repository) + ",push";
        return from.isEmpty()
                ? push
                : new Scope(push).with(new Scope(pull(from))).text();
    }

    private FakeReply put(Asked asked, String repository, String name) {
        byte[] bytes = asked.body().getBytes();
        Document document = Document.parse(bytes, Json.DEFAULT_LIMIT);
        if (!document.mediaType().toString().equals(asked.header("Content-Type"))) {
            return FakeReply.error(400, "MANIFEST_INVALID", "wrong type");
        }
        Descriptor put = manifest(repository, name, bytes);
        FakeReply reply =
                FakeReply.of(201, "").with("Docker-Content-Digest", put.digest().toString());
        Descriptor subject = document.subject();
        return subject != null && keepsReferrers
                ? reply.with("OCI-Subject", subject.digest().toString())
                : reply;
    }

    private static String pull(String repository) {
        return "repository:" + repository + ":pull";
    }

    private FakeReply answer(String repository, String name) {
        Manifest manifest = manifests.get(repository + ":" + name);
        return manifest == null
                ? FakeReply.error(404, "MANIFEST_UNKNOWN", "manifest unknown")
                : FakeReply.of(200, manifest.bytes)
                        .with("Content-Type", manifest.mediaType.toString())
                        .with(
                                "Docker-Content-Digest",
                                Digest.sha256(manifest.bytes).toString());
    }

    private FakeReply blob(Asked asked, String name) {
        byte[] bytes = blobs.get(name);
        if (bytes == null) {
            return FakeReply.error(404, "BLOB_UNKNOWN", "blob unknown to registry");
        }
        String range = asked.header("Range");
        Matcher wanted = RANGE.matcher(range == null ? "" : range);
        FakeReply reply;
        if (!wanted.matches()) {
            reply = FakeReply.of(200, bytes);
        } else if (Integer.parseInt(wanted.group(1)) >= bytes.length) {
            return FakeReply.of(416, "").with("Content-Range", "bytes */" + bytes.length);
        } else {
            int from = Integer.parseInt(wanted.group(1));
            int to = wanted.group(2).isEmpty()
                    ? bytes.length
                    : Math.min(bytes.length, Integer.parseInt(wanted.group(2)) + 1);
            reply = FakeReply.of(206, Arrays.copyOfRange(bytes, from, to))
                    .with("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + bytes.length);
        }
        return reply.with("Content-Type", "application/octet-stream")
                .with("Accept-Ranges", "bytes")
                .with("Docker-Content-Digest", name);
    }

    @Override
    public void close() throws TimeoutException {
        server.close();
    }
}
