package io.varve.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Json;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A client of HTTP/1 who says what he likes, when he likes. */
final class Wire implements AutoCloseable {
    private static final int PATIENCE_MS = (int) TimeUnit.SECONDS.toMillis(20);

    private final Socket socket = new Socket();
    private final InputStream in;

    Wire(int port) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MS);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        in = new BufferedInputStream(socket.getInputStream());
    }

    static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    /** @param headers with their ends of lines */
    static String post(String path, String headers, String body) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + body;
    }

    /** That the request is refused with that. */
    static ObjectNode refused(int port, String request, int status) throws IOException {
        try (Wire wire = new Wire(port)) {
            return wire.send(request).answer().problem(status);
        }
    }

    /** The same, and that nothing behind it is answered, by an end of the connection that the client was told of and sees. */
    static ObjectNode refusedForGood(int port, String request, int status) throws IOException {
        try (Wire wire = new Wire(port)) {
            Answer answer = wire.send(request).answer();
            assertThat(wire.rest()).isEmpty();
            assertThat(answer.headers()).containsEntry("connection", "close");
            return answer.problem(status);
        }
    }

    /** What was said, by status, headers in lower case and body. */
    record Answer(int status, Map<String, String> headers, byte[] body) {
        ObjectNode json() {
            return Json.read(body, Json.DEFAULT_LIMIT);
        }

        /** That it is a problem with all that belongs to one. */
        ObjectNode problem(int status) {
            assertThat(this.status).as(new String(body, ISO_8859_1)).isEqualTo(status);
            assertThat(headers).containsEntry("content-type", "application/problem+json");
            ObjectNode problem = json();
            assertThat(problem.get("status").intValue()).isEqualTo(status);
            assertThat(problem.get("type").textValue())
                    .endsWith(problem.get("category").textValue());
            assertThat(problem.get("title").textValue()).isNotEmpty();
            assertThat(problem.get("detail").textValue()).isNotEmpty();
            return problem;
        }
    }

    Wire send(String text) throws IOException {
        return send(text.getBytes(ISO_8859_1));
    }

    Wire send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    Answer answer() throws IOException {
        List<String> lines = head().lines().toList();
        Map<String, String> headers = new TreeMap<>();
        for (String line : lines.subList(1, lines.size() - 1)) {
            int colon = line.indexOf(": ");
            headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 2));
        }
        byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        return new Answer(Integer.parseInt(lines.getFirst().replaceFirst("^\\S+ (\\d{3}) .*$", "$1")), headers, body);
    }

    /** Status and headers, as they came. */
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

    /** All that comes until the other side has ended the connection properly. */
    String rest() throws IOException {
        return new String(in.readAllBytes(), ISO_8859_1);
    }

    /** Says it byte by byte, slowly, until the other side has something to say or has ended the connection. Whether it has. */
    boolean dribble(String text, int pauseMs) throws IOException {
        socket.setSoTimeout(pauseMs);
        for (byte each : text.getBytes(ISO_8859_1)) {
            try {
                socket.getOutputStream().write(each);
                in.mark(1);
                if (in.read() >= 0) {
                    in.reset();
                    socket.setSoTimeout(PATIENCE_MS);
                }
                return true;
            } catch (SocketTimeoutException e) {
                // It still listens.
            } catch (IOException e) {
                return true;
            }
        }
        return false;
    }

    /** Whether the other side ends the connection, in whatever manner. */
    boolean isCut() {
        try {
            while (in.read() >= 0) {
                // Whatever it says.
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
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
