package io.varve.api;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A client of HTTP/2 who sends what frames he likes, and reads them when a test says so. */
final class Frames implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RESET = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GO_AWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int END_HEADERS = 4;

    private static final int PRIORITY = 32;
    private static final int PRIORITY_BYTES = 5;

    static final int USUAL_WINDOW = 65_535;
    private static final int PATIENCE_MS = (int) TimeUnit.SECONDS.toMillis(20);
    private static final int INITIAL_WINDOW_SIZE = 4;

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();
    private int streams = -1;

    /** @param status of an answer's head; 0 of all else */
    record Frame(int type, int flags, int stream, byte[] payload, int status) {
        /** Of a frame that resets a stream, or ends a connection. */
        int error() {
            return ByteBuffer.wrap(payload).getInt(type == GO_AWAY ? 4 : 0);
        }

        boolean is(int type, int stream) {
            return this.type == type && this.stream == stream;
        }
    }

    /** @param window bytes of a stream that it may be sent before it says more */
    Frames(int port, int window) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MS);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
        send(
                SETTINGS,
                0,
                0,
                ByteBuffer.allocate(6)
                        .putShort((short) INITIAL_WINDOW_SIZE)
                        .putInt(window)
                        .array());
    }

    Frames send(int type, int flags, int stream, byte[] payload) throws IOException {
        socket.getOutputStream().write(frame(type, flags, stream, payload));
        return this;
    }

    Frames raw(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .putInt(payload.length << 8 | type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** So many times the same, at once. Whether all of it was taken. */
    boolean flood(int times, int type, int flags, int stream, byte[] payload) {
        byte[] frame = frame(type, flags, stream, payload);
        ByteBuffer all = ByteBuffer.allocate(times * frame.length);
        for (int i = 0; i < times; i++) {
            all.put(frame);
        }
        try {
            socket.getOutputStream().write(all.array());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Begins a stream with these headers, whatever they are; names and values by turns. */
    int begin(int flags, String... headers) throws IOException {
        streams += 2;
        send(HEADERS, flags, streams, block(headers));
        return streams;
    }

    int get(String path) throws IOException {
        return begin(END_STREAM | END_HEADERS, request("GET", path));
    }

    static String[] request(String method, String path, String... more) {
        String[] usual = {":method", method, ":scheme", "http", ":authority", "localhost", ":path", path};
        String[] all = new String[usual.length + more.length];
        System.arraycopy(usual, 0, all, 0, usual.length);
        System.arraycopy(more, 0, all, usual.length, more.length);
        return all;
    }

    /** Literals that are not indexed. */
    static byte[] block(String... headers) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < headers.length; i++) {
            if (i % 2 == 0) {
                block.write(0);
            }
            byte[] text = headers[i].getBytes(US_ASCII);
            if (text.length < 127) {
                block.write(text.length);
            } else {
                block.write(127);
                int rest = text.length - 127;
                for (; rest >= 128; rest /= 128) {
                    block.write(rest % 128 + 128);
                }
                block.write(rest);
            }
            block.writeBytes(text);
        }
        return block.toByteArray();
    }

    Frame next() throws IOException {
        int head = in.readInt();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        byte[] payload = in.readNBytes(head >>> 8);
        int type = head & 0xff;
        return new Frame(type, flags, stream, payload, type == HEADERS ? decoded(flags, stream, payload) : 0);
    }

    /** All of them in their order, as each may need those before it. */
    private int decoded(int flags, int stream, byte[] payload) throws IOException {
        int skipped = (flags & PRIORITY) == 0 ? 0 : PRIORITY_BYTES;
        try {
            return Integer.parseInt(String.valueOf(decoder.decodeHeaders(
                            stream, Unpooled.wrappedBuffer(payload).skipBytes(skipped))
                    .status()));
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
    }

    /** The next frame that is one of those wanted; settings are acknowledged by nobody. */
    Frame await(Predicate<Frame> wanted) throws IOException {
        while (true) {
            Frame frame = next();
            if (wanted.test(frame)) {
                return frame;
            }
        }
    }

    /** Of the answer on that stream. */
    int status(int stream) throws IOException {
        return await(each -> each.is(HEADERS, stream)).status();
    }

    /** Pings, over and over, until the other side has ended the connection. Whether it has. */
    boolean pingUntilCut(int pauseMs) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
        socket.setSoTimeout(pauseMs);
        try {
            while (System.nanoTime() < deadline) {
                send(PING, 0, 0, new byte[8]);
                try {
                    while (true) {
                        next();
                    }
                } catch (SocketTimeoutException e) {
                    // It still listens.
                }
            }
            return false;
        } catch (IOException e) {
            return true;
        } finally {
            if (!socket.isClosed()) {
                socket.setSoTimeout(PATIENCE_MS);
            }
        }
    }

    /** Whether the other side ends the connection, in whatever manner. */
    boolean isCut() {
        try {
            while (true) {
                next();
            }
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
