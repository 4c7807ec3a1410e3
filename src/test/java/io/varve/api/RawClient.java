package io.varve.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;

/** A client of one request, which reads when a test says so. */
final class RawClient implements AutoCloseable {
    private static final int LITTLE = 8 << 10;

    private final Socket socket = new Socket();
    private final InputStream in;

    /** Sends the request; lines without their ends. */
    RawClient(int port, String... lines) throws IOException {
        socket.setReceiveBufferSize(LITTLE);
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(ServedStore.PATIENCE_S));
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.getOutputStream().write((String.join("\r\n", lines) + "\r\n\r\n").getBytes(ISO_8859_1));
        in = new BufferedInputStream(socket.getInputStream(), 1);
    }

    static RawClient get(int port, String path) throws IOException {
        return new RawClient(port, "GET " + path + " HTTP/1.1", "Host: localhost", "Connection: close");
    }

    /** Status and headers. */
    String head() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("cut in the head: " + head.toString(ISO_8859_1));
            }
            head.write(next);
        }
        return head.toString(ISO_8859_1);
    }

    /** Reads the head and the first byte of the body, and no more. */
    RawClient begin() throws IOException {
        head();
        if (in.read() < 0) {
            throw new IOException("got no body");
        }
        return this;
    }

    /** How many bytes come until the connection ends. */
    long rest() {
        long count = 0;
        try {
            byte[] bytes = new byte[64 << 10];
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                count += n;
            }
        } catch (IOException e) {
            // Reset is an end too.
        }
        return count;
    }

    /** Goes away without a word. */
    void vanish() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
