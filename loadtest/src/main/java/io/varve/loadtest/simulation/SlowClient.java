package io.varve.loadtest.simulation;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** One stream that reads or sends {@link Pace#BYTES} a second. By one thread, which waits. */
final class SlowClient {
    private static final int PIECE = 2_000;
    private static final int BLOB = 400_000;

    /**
     * What became of one transfer.
     *
     * @param waited seconds for the first byte of a file, or for the answer to the last byte of a blob
     * @param problem why it failed; empty if it did not, or was ended by us
     */
    record Outcome(boolean reads, long bytes, double rate, double waited, String problem) {}

    private final Target target;
    private final HttpClient client;
    private final AtomicBoolean over;
    private final Random random = new Random();

    /** @param over whether we have ended it, so that no failure is one */
    SlowClient(Target target, HttpClient client, AtomicBoolean over) {
        this.target = target;
        this.client = client;
        this.over = over;
    }

    static HttpClient connection(Executor threads) {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(trustingAnybody())
                .executor(threads)
                .build();
    }

    Outcome read() {
        long began = System.nanoTime();
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(target.url() + Target.path(target.base()) + "/files/data/large"))
                .build();
        Pace pace = null;
        double waited = 0;
        String problem = "";
        try {
            HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                byte[] piece = new byte[PIECE];
                int count = body.read(piece);
                waited = (System.nanoTime() - began) / 1e9;
                pace = new Pace();
                for (; count >= 0 && !over.get(); count = body.read(piece)) {
                    pace.pass(count);
                }
            }
            problem = response.statusCode() == 200 ? "" : "status " + response.statusCode();
        } catch (IOException | InterruptedException e) {
            problem = problem(e);
        }
        return outcome(true, pace, waited, problem);
    }

    Outcome send() {
        byte[] blob = new byte[BLOB];
        random.nextBytes(blob);
        SlowBody body = new SlowBody(blob);
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(target.url() + "/v2/load/slow/blobs/uploads/?digest=sha256:" + sha256(blob)))
                .header("Content-Type", "application/octet-stream")
                .POST(BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(() -> body), BLOB))
                .build();
        double waited = 0;
        String problem = "";
        try {
            HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
            waited = (System.nanoTime() - body.lastByte) / 1e9;
            problem = response.statusCode() == 201 ? "" : "status " + response.statusCode() + ": " + response.body();
        } catch (IOException | InterruptedException e) {
            problem = problem(e);
        }
        return outcome(false, body.pace, waited, problem);
    }

    private Outcome outcome(boolean reads, @Nullable Pace pace, double waited, String problem) {
        return pace == null
                ? new Outcome(reads, 0, 0, waited, problem)
                : new Outcome(reads, pace.passed(), pace.passed() / pace.seconds(), waited, problem);
    }

    private String problem(Exception failure) {
        return over.get() ? "" : failure.toString();
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Gives a blob away in pieces. By one thread, the client's. */
    private final class SlowBody extends InputStream {
        private final byte[] blob;
        private int position;
        private @Nullable Pace pace;
        private volatile long lastByte;

        SlowBody(byte[] blob) {
            this.blob = blob;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            lastByte = System.nanoTime();
            if (position == blob.length) {
                return -1;
            }
            if (over.get()) {
                throw new IOException("ended");
            }
            int count = Math.min(Math.min(length, PIECE), blob.length - position);
            System.arraycopy(blob, position, into, offset, count);
            position += count;
            Pace ours = pace == null ? new Pace() : pace;
            pace = ours;
            try {
                ours.pass(count);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("ended", e);
            }
            return count;
        }
    }

    private static SSLContext trustingAnybody() {
        X509TrustManager anybody = new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {anybody}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
