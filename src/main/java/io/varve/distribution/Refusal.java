package io.varve.distribution;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.oci.Json;
import java.util.Map;

/** An answer of the distribution specification that is an error. The message is for people and has nothing of this machine in it. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What went wrong, in the specification's words, and in those of its reference implementation where it has none. */
    enum Code {
        NAME_INVALID,
        NAME_UNKNOWN,
        MANIFEST_UNKNOWN,
        MANIFEST_INVALID,
        MANIFEST_BLOB_UNKNOWN,
        BLOB_UNKNOWN,
        BLOB_UPLOAD_UNKNOWN,
        BLOB_UPLOAD_INVALID,
        SIZE_INVALID,
        TOOMANYREQUESTS,
        DIGEST_INVALID,
        PAGINATION_NUMBER_INVALID,
        RANGE_INVALID,
        UNSUPPORTED,
        UNAUTHORIZED,
        DENIED,
        UNAVAILABLE,
        UNKNOWN
    }

    private final int status;
    private final Code code;
    // Immutable.
    private final transient Map<String, String> headers;

    private Refusal(int status, Code code, String message) {
        this(status, code, message, Map.of());
    }

    private Refusal(int status, Code code, String message, Map<String, String> headers) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
        this.headers = headers;
    }

    static Refusal nameInvalid(String name) {
        return new Refusal(400, Code.NAME_INVALID, "repository: got " + name + ", wanted a path in lower case");
    }

    static Refusal digestInvalid(String digest) {
        return new Refusal(400, Code.DIGEST_INVALID, "digest: got " + digest + ", wanted sha256:<hex> or sha512:<hex>");
    }

    static Refusal nameUnknown(String name) {
        return new Refusal(404, Code.NAME_UNKNOWN, "there is no repository " + name);
    }

    static Refusal manifestUnknown(String name, String reference) {
        return new Refusal(404, Code.MANIFEST_UNKNOWN, "repository " + name + " has no manifest " + reference);
    }

    static Refusal blobUnknown(String name, String digest) {
        return new Refusal(404, Code.BLOB_UNKNOWN, "repository " + name + " has no blob " + digest);
    }

    static Refusal pageInvalid(String number) {
        return new Refusal(
                400, Code.PAGINATION_NUMBER_INVALID, "n: got " + number + ", wanted a number of names, 0 or more");
    }

    static Refusal rangeInvalid(String range, long size) {
        return new Refusal(
                416,
                Code.RANGE_INVALID,
                "range: got " + range + ", wanted a part of " + size + " bytes",
                Map.of("Content-Range", "bytes */" + size));
    }

    /** @param allowed as {@code Allow} has it */
    static Refusal unsupportedMethod(String method, String allowed) {
        return new Refusal(
                405,
                Code.UNSUPPORTED,
                "method: got " + method + ", wanted one of " + allowed,
                Map.of("Allow", allowed));
    }

    /** Blobs go when nothing needs them. */
    static Refusal unsupportedRemoval() {
        return new Refusal(
                405,
                Code.UNSUPPORTED,
                "blobs are not deleted: those that no manifest needs are collected",
                Map.of("Allow", "GET, HEAD"));
    }

    static Refusal parameterInvalid(String query) {
        return new Refusal(400, Code.UNSUPPORTED, "query: got " + query + ", wanted escapes of UTF-8");
    }

    static Refusal digestMissing() {
        return new Refusal(400, Code.DIGEST_INVALID, "digest: got none, wanted it as a parameter");
    }

    static Refusal digestWrong(String wrong) {
        return new Refusal(400, Code.DIGEST_INVALID, wrong);
    }

    static Refusal uploadUnknown(String id) {
        return new Refusal(404, Code.BLOB_UPLOAD_UNKNOWN, "there is no upload " + id);
    }

    static Refusal uploadInvalid(int status, String wrong) {
        return new Refusal(status, Code.BLOB_UPLOAD_INVALID, wrong);
    }

    /** A client that lost its connection may be back before we know that. */
    static Refusal uploadTaken() {
        return new Refusal(409, Code.BLOB_UPLOAD_INVALID, "another request goes on with this upload");
    }

    /** @param headers where it is, and how far it has come */
    static Refusal uploadOrder(String range, long position, Map<String, String> headers) {
        return new Refusal(
                416,
                Code.BLOB_UPLOAD_INVALID,
                "Content-Range: got " + range + ", wanted a part from byte " + position + " on",
                headers);
    }

    static Refusal sizeInvalid(String wrong) {
        return new Refusal(400, Code.SIZE_INVALID, wrong);
    }

    static Refusal uploadTooLarge(long most) {
        return new Refusal(413, Code.SIZE_INVALID, "blob: wanted at most " + most + " bytes (limits.uploadBytes)");
    }

    static Refusal ending() {
        return new Refusal(503, Code.UNAVAILABLE, "the service is about to end");
    }

    /** Of uploads that have not ended. */
    static Refusal manyUploads(String what, String setting) {
        return new Refusal(
                429, Code.TOOMANYREQUESTS, "too many " + what + " (" + setting + ")", Map.of("Retry-After", "60"));
    }

    /** Of manifests whose layers are decoded. */
    static Refusal manyChecks() {
        return new Refusal(
                429,
                Code.TOOMANYREQUESTS,
                "too many manifests whose layers are not known yet and are decoded first",
                Map.of("Retry-After", "5"));
    }

    static Refusal manifestInvalid(String wrong) {
        return new Refusal(400, Code.MANIFEST_INVALID, "manifest: " + wrong);
    }

    static Refusal manifestTooLarge(long bytes, long most) {
        return new Refusal(
                413,
                Code.SIZE_INVALID,
                "manifest: got " + bytes + " bytes, wanted at most " + most + " (limits.manifestBytes)");
    }

    static Refusal partUnknown(String name, String digest) {
        return new Refusal(
                404,
                Code.MANIFEST_BLOB_UNKNOWN,
                "repository " + name + " does not have " + digest + ", which the manifest lists");
    }

    static Refusal manifestListed(String name, String digest) {
        return new Refusal(
                409, Code.DENIED, "an image index in repository " + name + " lists " + digest + ": delete that first");
    }

    static Refusal denied(String action, String name) {
        return new Refusal(403, Code.DENIED, "repository " + name + ": wanted a scope " + action + " for it");
    }

    static Refusal slow(String wrong) {
        return new Refusal(408, Code.UNKNOWN, wrong);
    }

    static Refusal bodyInvalid(String wrong) {
        return new Refusal(400, Code.UNSUPPORTED, wrong);
    }

    static Refusal unwantedBody() {
        return new Refusal(400, Code.UNSUPPORTED, "body: got one, wanted none");
    }

    static Refusal unsupportedPath() {
        return new Refusal(404, Code.UNSUPPORTED, "there is nothing of that path");
    }

    /** Of whoever does not say who he is (401), or may not read. */
    static Refusal unauthorized(int status, String message, Map<String, String> headers) {
        return new Refusal(status, status == 401 ? Code.UNAUTHORIZED : Code.DENIED, message, headers);
    }

    /** What the store says is not what the caller did wrong: that was refused before. */
    static Refusal of(Failure failure) {
        return switch (failure.category()) {
            case UNAVAILABLE, CANCELLED -> new Refusal(503, Code.UNAVAILABLE, "the store cannot do that now");
            case NOT_FOUND, INVALID, MISMATCH, EXCEEDED, UNAUTHORIZED, CONFLICT, INTERNAL ->
                new Refusal(500, Code.UNKNOWN, "the store could not do that");
        };
    }

    int status() {
        return status;
    }

    /** What it says besides. */
    Map<String, String> headers() {
        return headers;
    }

    byte[] body() {
        ObjectNode body = Json.object();
        body.putArray("errors").addObject().put("code", code.name()).put("message", getMessage());
        return Json.write(body);
    }
}
