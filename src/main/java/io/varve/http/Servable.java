package io.varve.http;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that never change, as an answer to GET or HEAD: all of them, a range, several ranges, or none to whoever has them (RFC 9110,
 * sections 13 and 14).
 *
 * @param entityTag strong: the same one means the same bytes; quoted
 * @param mediaType what they are to be called
 * @param open gives them; called on a worker, once for each range
 */
public record Servable(String entityTag, String mediaType, long size, Callable<? extends Bytes> open) {
    private static final int NOT_MODIFIED = 304;
    private static final int PARTIAL = 206;

    /** Between the parts of several; no header can be taken for it. */
    private static final String BOUNDARY = "varve-7f1c3a5e9b2d4860";

    /**
     * @param reader whose response has its further headers
     * @param beyond what to fail with when there is nothing of a range, which is given
     */
    public Future<Void> answer(Outgoing outgoing, Reader reader, Function<String, ? extends RuntimeException> beyond) {
        HttpServerRequest request = reader.request();
        HttpServerResponse response = reader.response().putHeader(HttpHeaders.ETAG, entityTag);
        if (isAmong(request.getHeader(HttpHeaders.IF_NONE_MATCH))) {
            return reader.takes(response.setStatusCode(NOT_MODIFIED).end());
        }
        response.putHeader(HttpHeaders.CONTENT_TYPE, mediaType).putHeader("Accept-Ranges", "bytes");
        boolean headOnly = request.method().equals(HttpMethod.HEAD);
        String range = headOnly ? null : request.getHeader("Range");
        String of = request.getHeader("If-Range");
        Sending sending = new Sending(outgoing, reader);
        return switch (ByteRange.of(of == null || of.equals(entityTag) ? range : null, size)) {
            case ByteRange.Whole whole -> {
                response.putHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(size));
                yield headOnly ? sending.end() : sending.part(0, size).compose(sent -> sending.end());
            }
            case ByteRange.Part part -> {
                response.setStatusCode(PARTIAL)
                        .putHeader("Content-Range", contentRange(part))
                        .putHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(part.length()));
                yield sending.part(part.first(), part.length()).compose(sent -> sending.end());
            }
            case ByteRange.Several(List<ByteRange.Part> parts) -> several(parts, reader, sending);
            case ByteRange.Beyond nothing -> {
                response.headers().clear();
                throw beyond.apply(String.valueOf(range));
            }
        };
    }

    private Future<Void> several(List<ByteRange.Part> parts, Reader reader, Sending sending) {
        List<byte[]> heads = new ArrayList<>();
        String end = "\r\n--" + BOUNDARY + "--\r\n";
        long length = end.length();
        for (ByteRange.Part part : parts) {
            byte[] head = ("\r\n--" + BOUNDARY + "\r\nContent-Type: " + mediaType + "\r\nContent-Range: "
                            + contentRange(part) + "\r\n\r\n")
                    .getBytes(StandardCharsets.UTF_8);
            heads.add(head);
            length += head.length + part.length();
        }
        reader.response()
                .setStatusCode(PARTIAL)
                .putHeader(HttpHeaders.CONTENT_TYPE, "multipart/byteranges; boundary=" + BOUNDARY)
                .putHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(length));
        Future<Void> sent = Future.succeededFuture();
        for (int i = 0; i < parts.size(); i++) {
            byte[] head = heads.get(i);
            ByteRange.Part part = parts.get(i);
            sent = sent.compose(before -> reader.takes(reader.response().write(Buffer.buffer(head))))
                    .compose(told -> sending.part(part.first(), part.length()));
        }
        return sent.compose(all -> reader.takes(reader.response().end(end)));
    }

    private String contentRange(ByteRange.Part part) {
        return "bytes " + part.first() + "-" + part.last() + "/" + size;
    }

    /** @param header {@code If-None-Match}; null when there is none */
    private boolean isAmong(@Nullable String header) {
        if (header != null) {
            for (String each : header.split(",", -1)) {
                String tag = each.strip();
                if (tag.equals("*") || (tag.startsWith("W/") ? tag.substring(2) : tag).equals(entityTag)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** One answer on its way. */
    private final class Sending {
        private final Outgoing outgoing;
        private final Reader reader;

        Sending(Outgoing outgoing, Reader reader) {
            this.outgoing = outgoing;
            this.reader = reader;
        }

        Future<Void> part(long first, long length) {
            return length == 0 ? Future.succeededFuture() : outgoing.send(open, first, length, reader);
        }

        Future<Void> end() {
            return reader.takes(reader.response().end());
        }
    }
}
