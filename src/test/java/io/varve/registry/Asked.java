package io.varve.registry;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A request that a fake server got, and how far the answer to it came. */
public final class Asked {
    private final HttpMethod method;
    private final String uri;
    private final MultiMap headers;
    private final Buffer body;
    private final AtomicLong sent = new AtomicLong();

    Asked(HttpMethod method, String uri, MultiMap headers, Buffer body) {
        this.method = method;
        this.uri = uri;
        this.headers = headers;
        this.body = body;
    }

    public HttpMethod method() {
        return method;
    }

    /** As the request has it, its query as well. */
    public String uri() {
        return uri;
    }

    public String path() {
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }

    public @Nullable String header(String name) {
        return headers.get(name);
    }

    public MultiMap headers() {
        return headers;
    }

    public Buffer body() {
        return body;
    }

    /** Bytes of the answer's body that the connection took; it may not have delivered all of them. */
    public long sent() {
        return sent.get();
    }

    void sent(long more) {
        sent.addAndGet(more);
    }

    /** The same request with another value of a header, null for none. */
    Asked with(String header, @Nullable String value) {
        MultiMap changed = MultiMap.caseInsensitiveMultiMap().addAll(headers).remove(header);
        if (value != null) {
            changed.add(header, value);
        }
        return new Asked(method, uri, changed, body);
    }

    @Override
    public String toString() {
        return method + " " + uri;
    }
}
