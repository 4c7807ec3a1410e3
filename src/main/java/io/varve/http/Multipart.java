package io.varve.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes a body of {@code multipart/form-data} apart while it comes (RFC 7578; RFC 2046, section 5.1), without keeping any of it but the
 * heads of parts. What is not exactly such a body is refused. Owned by one thread.
 *
 * <pre>
 *   --boundary CRLF head CRLF CRLF data CRLF --boundary CRLF … CRLF --boundary--
 * </pre>
 */
public final class Multipart {
    private static final Pattern TYPE = Pattern.compile(
            "multipart/form-data[ \\t]*;(?:.*;)?[ \\t]*boundary=(?:\"([^\"]{1,70})\"|([^\\s;\"]{1,70}))[ \\t]*(?:;.*)?",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern NAME = Pattern.compile(
            "(?im)^content-disposition:[ \\t]*form-data[ \\t]*;(?:[^\\r\\n]*[;\\s])?name=(?:\"([^\"\\r\\n]*)\"|([^\\s;\"]+))");
    private static final int MOST_HEAD = 8 << 10;

    private enum State {
        /** Behind a boundary: what follows says whether it was the last. */
        BOUNDARY,
        HEAD,
        DATA,
        END
    }

    /** Hears what there is. May throw, and then nothing more is heard. */
    public interface Parts {
        void begin(String name);

        /** Some of the part's bytes, which stand in the buffer from here to there. */
        void data(Buffer bytes, int from, int to);

        void end();
    }

    private final byte[] delimiter;
    private final int most;
    private final Parts parts;
    private State state = State.DATA;
    // Whether a part was begun; before the first there is nothing but its boundary.
    private boolean inPart;
    private int count;
    // How much of the delimiter the last bytes were.
    private int matched = 2;
    private byte[] head = new byte[256];
    private int headLength;

    /**
     * @param boundary as {@link #boundary} has it
     * @param most parts
     */
    public Multipart(String boundary, int most, Parts parts) {
        delimiter = ("\r\n--" + boundary).getBytes(UTF_8);
        this.most = most;
        this.parts = parts;
    }

    /** Whether it is of that kind at all. */
    public static boolean isOne(String contentType) {
        return contentType.regionMatches(true, 0, "multipart/form-data", 0, "multipart/form-data".length());
    }

    /** @throws Failure Invalid when it has no boundary */
    public static String boundary(String contentType) {
        Matcher type = TYPE.matcher(contentType);
        if (!type.matches()) {
            throw Failure.invalid("Content-Type: got " + contentType + ", wanted multipart/form-data with a boundary");
        }
        return type.group(1) == null ? type.group(2) : type.group(1);
    }

    /**
     * Takes the next bytes of the body.
     *
     * @throws Failure Invalid, or what a part's listener throws
     */
    public void take(Buffer bytes) {
        int at = 0;
        while (at < bytes.length()) {
            at = switch (state) {
                case DATA -> data(bytes, at);
                case BOUNDARY, HEAD -> head(bytes, at);
                // What stands behind the last boundary means nothing.
                case END -> bytes.length();
            };
        }
    }

    /** @throws Failure Invalid when the last boundary did not come */
    public void finish() {
        if (state != State.END) {
            throw Failure.invalid("body: got its end, wanted the last boundary of multipart/form-data");
        }
    }

    private int data(Buffer bytes, int start) {
        int at = start;
        while (at < bytes.length()) {
            if (matched == 0) {
                at = nextReturn(bytes, at);
                if (at == bytes.length()) {
                    break;
                }
            }
            if (bytes.getByte(at) == delimiter[matched]) {
                at++;
                if (++matched == delimiter.length) {
                    tell(bytes, start, at - Math.min(delimiter.length, at - start));
                    if (inPart) {
                        inPart = false;
                        parts.end();
                    }
                    matched = 0;
                    headLength = 0;
                    state = State.BOUNDARY;
                    return at;
                }
            } else {
                // What looked like a boundary was none, and has no other beginning of one in it; some of it may have
                // come before.
                int before = matched - (at - start);
                if (before > 0) {
                    tell(Buffer.buffer(Arrays.copyOf(delimiter, before)), 0, before);
                }
                matched = 0;
            }
        }
        tell(bytes, start, Math.max(start, at - matched));
        return at;
    }

    /** Where a boundary may begin; the end of the buffer for nowhere. */
    private static int nextReturn(Buffer bytes, int from) {
        ByteBuf buffer = ((BufferInternal) bytes).getByteBuf();
        int first = buffer.readerIndex();
        int found = buffer.indexOf(first + from, first + bytes.length(), (byte) '\r');
        return found < 0 ? bytes.length() : found - first;
    }

    private void tell(Buffer bytes, int from, int to) {
        if (to <= from) {
            return;
        }
        if (!inPart) {
            throw Failure.invalid("body: got something in front of the first boundary of multipart/form-data");
        }
        parts.data(bytes, from, to);
    }

    /** Gathers the line behind a boundary, or the head behind that. */
    private int head(Buffer bytes, int start) {
        int at = start;
        while (at < bytes.length() && state != State.DATA && state != State.END) {
            if (headLength == MOST_HEAD) {
                throw Failure.invalid("part: got a head of more than " + MOST_HEAD + " bytes");
            }
            if (headLength == head.length) {
                head = Arrays.copyOf(head, 2 * headLength);
            }
            head[headLength++] = bytes.getByte(at++);
            if (state == State.BOUNDARY) {
                boundary();
            } else if (endsWith("\r\n\r\n")) {
                begin();
            }
        }
        return at;
    }

    private void boundary() {
        if (headLength == 2 && head[0] == '-' && head[1] == '-') {
            state = State.END;
        } else if (endsWith("\r\n")) {
            for (int i = 0; i < headLength - 2; i++) {
                if (head[i] != ' ' && head[i] != '\t') {
                    throw Failure.invalid("body: got a boundary of multipart/form-data with more behind it");
                }
            }
            // The head may be empty, and then ends with this line.
            state = State.HEAD;
            head[0] = '\r';
            head[1] = '\n';
            headLength = 2;
        }
    }

    private boolean endsWith(String text) {
        int from = headLength - text.length();
        if (from < 0) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (head[from + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private void begin() {
        Matcher name = NAME.matcher(new String(head, 0, headLength, UTF_8));
        if (!name.find()) {
            throw Failure.invalid(
                    "part " + (count + 1) + ": got no name, wanted Content-Disposition: form-data; name=\"…\"");
        }
        if (++count > most) {
            throw Failure.of(Category.EXCEEDED, "parts: got more than " + most);
        }
        state = State.DATA;
        inPart = true;
        parts.begin(name.group(1) == null ? name.group(2) : name.group(1));
    }
}
