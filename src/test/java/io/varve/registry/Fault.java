package io.varve.registry;

import io.varve.pipeline.FakeImage;
import io.vertx.core.Future;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** What a fake server does to a request instead of answering it honestly. */
@FunctionalInterface
public interface Fault {

    /** @param honest what the server answers when nothing is wrong */
    FakeReply reply(Asked asked, Function<Asked, FakeReply> honest);

    /** This one, and another one with what this one makes of the answer. */
    default Fault and(Fault next) {
        return (asked, honest) -> next.reply(asked, again -> reply(again, honest));
    }

    /** This one, and somebody hears when it befalls a request. */
    default Fault heardBy(Runnable listener) {
        return (asked, honest) -> {
            listener.run();
            return reply(asked, honest);
        };
    }

    /** None: this request is answered as it should be. */
    Fault NONE = (asked, honest) -> honest.apply(asked);

    private static Fault to(UnaryOperator<FakeReply> change) {
        return (asked, honest) -> change.apply(honest.apply(asked));
    }

    /** The connection ends before anything else. */
    static Fault hangUp() {
        return cutHead(0);
    }

    /** The connection ends after that many bytes of the status line and the headers. */
    static Fault cutHead(int after) {
        return to(reply -> reply.delivered(new FakeReply.Delivery.CutHead(after)));
    }

    /** The connection ends after that many bytes of the body. */
    static Fault cut(int after) {
        return to(reply -> reply.delivered(new FakeReply.Delivery.Cut(after)));
    }

    /** Nothing comes at all. */
    static Fault silence() {
        return to(reply -> reply.delivered(new FakeReply.Delivery.Silence()));
    }

    /** Nothing comes after that many bytes of the body, until it may. */
    static Fault stall(int after, Future<Void> until) {
        return to(reply -> reply.delivered(new FakeReply.Delivery.Stall(after, until)));
    }

    /** Every byte of the body comes by itself. */
    static Fault drip() {
        return to(reply -> reply.delivered(new FakeReply.Delivery.Drip()));
    }

    /** HTTP/2: the connection is said to be going, and goes, after that many bytes of the body. */
    static Fault goAway(int after) {
        return to(reply -> reply.delivered(new FakeReply.Delivery.GoAway(after)));
    }

    /** The body is announced to be that much longer, or shorter, than it is. */
    static Fault contentLength(int difference) {
        return to(reply -> reply.framed(new FakeReply.Framing.Length(reply.body().length + difference)));
    }

    /** The body comes with no length. */
    static Fault chunked() {
        return to(reply -> reply.framed(new FakeReply.Framing.Chunked()));
    }

    /** The body comes with no length and ends with the connection. */
    static Fault untilClose() {
        return to(reply -> reply.framed(new FakeReply.Framing.UntilClose()));
    }

    /** The body is another one, and its length is announced truly. */
    static Fault body(UnaryOperator<byte[]> change) {
        return to(reply -> reply.withBody(change));
    }

    /** One bit of the body is wrong. */
    static Fault wrongByte(int at) {
        return body(bytes -> {
            byte[] changed = bytes.clone();
            changed[at] ^= 1;
            return changed;
        });
    }

    /** The body has that many zeros more at its end, or bytes fewer. */
    static Fault resized(int difference) {
        return body(bytes -> Arrays.copyOf(bytes, bytes.length + difference));
    }

    /** The body is compressed, and said to be. */
    static Fault gzipEncoded() {
        return to(reply -> reply.withBody(FakeImage::gzipped).with("Content-Encoding", "gzip"));
    }

    /** The header has this value only. */
    static Fault header(String name, String value) {
        return to(reply -> reply.withOnly(name, value));
    }

    /** The whole body comes, whatever range is asked for. */
    static Fault wholeDespiteRange() {
        return (asked, honest) -> honest.apply(asked.with("Range", null));
    }

    /** Another range comes than the one that is asked for. */
    static Fault otherRange(String range) {
        return (asked, honest) -> honest.apply(asked.with("Range", range));
    }

    static Fault status(int status) {
        return (asked, honest) -> FakeReply.error(status, "UNKNOWN", "status " + status);
    }

    /** 429 with a {@code Retry-After}. */
    static Fault tooMany(String retryAfter) {
        return (asked, honest) ->
                FakeReply.error(429, "TOOMANYREQUESTS", "slow down").with("Retry-After", retryAfter);
    }

    static Fault redirect(int status, String location) {
        return (asked, honest) -> FakeReply.of(status, "").with("Location", location);
    }

    /** Sends on to the same path of another server. */
    static Fault redirectTo(FakeServer other) {
        return (asked, honest) -> FakeReply.of(307, "").with("Location", other.url() + asked.uri());
    }
}
