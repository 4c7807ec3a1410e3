package io.varve.registry;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** The HTTP clients, one for each way to speak, made when first needed and kept: they hold the connections. Any thread. */
final class Clients implements AutoCloseable {
    private static final int CHUNK = 64 << 10;

    /** Signed URLs of blobs are long, and stand in a header. */
    private static final int MAX_HEADERS = 32 << 10;

    private static final int MAX_IDLE_S = 30;

    /** One blob that nobody reads holds back this much, and the connection has room for all that may be under way. */
    static final int STREAM_WINDOW = 1 << 20;

    private static final int LEAST_CONNECTION_WINDOW = 16 << 20;

    private final Vertx vertx;
    private final NetworkOptions network;
    private final Map<Manner, Future<HttpClient>> clients = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** What of a host's options decides how a client speaks; insecure ones are shared by none that are secure. */
    private record Manner(boolean secure, boolean insecure, HostOptions options, boolean writing) {}

    Clients(Vertx vertx, NetworkOptions network) {
        this.vertx = vertx;
        this.network = network;
    }

    /**
     * @param writing whether for requests that write, whose connections are others
     * @return completes on the caller's context; fails when certificates or keys cannot be read
     */
    Future<HttpClient> find(boolean secure, boolean insecure, HostOptions options, boolean writing) {
        Manner manner = new Manner(secure, secure && insecure, options, writing);
        Future<HttpClient> client = clients.computeIfAbsent(manner, this::begin);
        if (client.succeeded()) {
            return client;
        }
        Context context = vertx.getOrCreateContext();
        Promise<HttpClient> here = Promise.promise();
        client.onComplete(made -> context.runOnContext(ignored -> here.handle(made)));
        return here.future();
    }

    /**
     * On a thread that is nobody's: it may read files, and a client that is made on a context would end with the verticle of
     * whoever asked first.
     */
    private Future<HttpClient> begin(Manner manner) {
        Promise<HttpClient> made = Promise.promise();
        Thread.ofVirtual().name("varve-registry-client").start(() -> {
            try {
                made.complete(make(manner));
            } catch (Throwable thrown) {
                // Whatever it is, everybody who speaks this way waits for it. Not kept: the files may be there the next
                // time.
                clients.remove(manner);
                made.fail(Failure.from(thrown));
            }
        });
        return made.future();
    }

    private HttpClient make(Manner manner) throws IOException, GeneralSecurityException {
        HostOptions host = manner.options;
        HttpClientOptions options = new HttpClientOptions()
                .setDecompressionSupported(false)
                .setMaxChunkSize(CHUNK)
                .setMaxHeaderSize(MAX_HEADERS)
                .setMaxInitialLineLength(MAX_HEADERS)
                .setKeepAliveTimeout(MAX_IDLE_S)
                .setHttp2KeepAliveTimeout(MAX_IDLE_S)
                .setTcpKeepAlive(true)
                .setConnectTimeout((int)
                        Math.min(Integer.MAX_VALUE, network.connectTimeout().toMillis()));
        if (manner.secure) {
            speakTls(options, manner);
        }
        HttpClient client = vertx.httpClientBuilder()
                .with(options)
                // As many of either kind: while the only one of HTTP/2 comes about, others would wait for it, and be
                // told that there is no connection if it speaks HTTP/1.1 in the end and is not given back in time.
                .with(new PoolOptions().setHttp1MaxSize(host.apart()).setHttp2MaxSize(host.apart()))
                // The request or the body that broke off says so, and there is nobody else to be told.
                .withConnectHandler(connection -> connection.exceptionHandler(thrown -> {}))
                .build();
        if (closed) {
            client.close();
            throw Failure.of(Category.CANCELLED, "the registry client was closed");
        }
        return client;
    }

    private void speakTls(HttpClientOptions options, Manner manner) throws IOException, GeneralSecurityException {
        HostOptions host = manner.options;
        options.setSsl(true)
                .setSslHandshakeTimeout(network.connectTimeout().toMillis())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                // Certificates are checked there, which takes an event loop too long.
                .setSslEngineOptions(new JdkSSLEngineOptions().setUseWorkerThread(true));
        if (manner.insecure) {
            options.setTrustAll(true).setVerifyHost(false);
        } else if (host.ca() != null) {
            options.setTrustOptions(TrustOptions.wrap(trust(host.ca())));
        }
        if (host.clientCertificate() != null && host.clientKey() != null) {
            options.setKeyCertOptions(new PemKeyCertOptions()
                    .addCertValue(read(host.clientCertificate()))
                    .addKeyValue(read(host.clientKey())));
        }
        if (host.http2()) {
            int window = Math.max(LEAST_CONNECTION_WINDOW, host.requests() * STREAM_WINDOW);
            options.setProtocolVersion(HttpVersion.HTTP_2)
                    .setUseAlpn(true)
                    .setHttp2ConnectionWindowSize(window)
                    .setInitialSettings(new Http2Settings().setInitialWindowSize(STREAM_WINDOW));
        }
    }

    private static Buffer read(Path file) throws IOException {
        return Buffer.buffer(Files.readAllBytes(file));
    }

    /** The machine's own authorities and those of the file. */
    private static TrustManager trust(Path file) throws IOException, GeneralSecurityException {
        KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
        authorities.load(null, null);
        int count = 0;
        for (X509Certificate each : authorities(null).getAcceptedIssuers()) {
            authorities.setCertificateEntry("machine " + count++, each);
        }
        int machine = count;
        try (InputStream in = Files.newInputStream(file)) {
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                authorities.setCertificateEntry("file " + count++, each);
            }
        }
        if (count == machine) {
            throw Failure.invalid(file + ": got no certificate, wanted one in PEM");
        }
        return authorities(authorities);
    }

    /** @param authorities null for the machine's */
    private static X509TrustManager authorities(@Nullable KeyStore authorities) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(authorities);
        for (TrustManager each : factory.getTrustManagers()) {
            if (each instanceof X509TrustManager manager) {
                return manager;
            }
        }
        throw new GeneralSecurityException("this JDK trusts no certificates");
    }

    boolean closed() {
        return closed;
    }

    @Override
    public void close() {
        closed = true;
        clients.values().forEach(client -> client.onSuccess(HttpClient::close));
    }
}
