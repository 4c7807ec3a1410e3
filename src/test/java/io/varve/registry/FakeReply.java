package io.varve.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import java.util.function.UnaryOperator;

/**
 * What a fake server answers: what it says, and what it does, which may be something else.
 *
 * @param body what is sent, unless the delivery ends before
 */
record FakeReply(int status, MultiMap headers, byte[] body, Framing framing, Delivery delivery) {

    /** How the end of the body is announced. */
    sealed interface Framing {
        /** By a {@code Content-Length}, true or not. */
        record Length(long bytes) implements Framing {}

        /** By a last chunk. */
        record Chunked() implements Framing {}

        /** By the end of the connection. */
        record UntilClose() implements Framing {}
    }

    /** How far the answer gets. */
    sealed interface Delivery {
        record Whole() implements Delivery {}

        /** The connection, or in HTTP/2 the stream, ends within the status line and the headers. */
        record CutHead(int after) implements Delivery {}

        /** The connection, or in HTTP/2 the stream, ends after that many bytes of the body. */
        record Cut(int after) implements Delivery {}

        /** Nothing comes at all. */
        record Silence() implements Delivery {}

        /** Nothing comes after that many bytes of the body, until it may. */
        record Stall(int after, Future<Void> until) implements Delivery {}

        /** Comes in pieces of one byte. */
        record Drip() implements Delivery {}

        /** The connection is said to be going, and goes, after that many bytes of the body. HTTP/2. */
        record GoAway(int after) implements Delivery {}
    }

    static FakeReply of(int status, String text) {
        return of(status, text.getBytes(UTF_8));
    }

    static FakeReply of(int status, byte[] body) {
        return new FakeReply(
                status,
                MultiMap.caseInsensitiveMultiMap(),
                body,
                new Framing.Length(body.length),
                new Delivery.Whole());
    }

    /** An answer with an error's body as the distribution specification has it. */
    static FakeReply error(int status, String code, String message) {
        return of(status, "{\"errors\":[{\"code\":\"" + code + "\",\"message\":\"" + message + "\"}]}")
                .with("Content-Type", "application/json");
    }

    /** With one more header. */
    FakeReply with(String header, String value) {
        MultiMap more = MultiMap.caseInsensitiveMultiMap().addAll(headers).add(header, value);
        return new FakeReply(status, more, body, framing, delivery);
    }

    /** With no other value of the header. */
    FakeReply withOnly(String header, String value) {
        MultiMap changed = MultiMap.caseInsensitiveMultiMap()
                .addAll(headers)
                .remove(header)
                .add(header, value);
        return new FakeReply(status, changed, body, framing, delivery);
    }

    /** Another body, and a {@code Content-Length} that is its own. */
    FakeReply withBody(UnaryOperator<byte[]> change) {
        byte[] changed = change.apply(body);
        return new FakeReply(status, headers, changed, new Framing.Length(changed.length), delivery);
    }

    FakeReply framed(Framing other) {
        return new FakeReply(status, headers, body, other, delivery);
    }

    FakeReply delivered(Delivery other) {
        return new FakeReply(status, headers, body, framing, other);
    }
}
