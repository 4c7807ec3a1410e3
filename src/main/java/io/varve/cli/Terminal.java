package io.varve.cli;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether somebody is looking, and what they type. */
final class Terminal {
    private static final int MOST_PASSWORD = 64 << 10;

    private Terminal() {}

    /** Whether stdout goes to a terminal, where bytes would be taken for commands. */
    static boolean hasStdout() {
        return isTerminal(1);
    }

    /** Whether stderr goes to a terminal, where lines can be drawn over. */
    static boolean hasStderr() {
        return isTerminal(2);
    }

    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    /** @throws Failure Unavailable when nobody can be asked, Cancelled when they will not say */
    static String ask(String question) {
        return answered(console("-u USER").readLine("%s", question));
    }

    /** The same of what is not to be seen while it is typed. */
    static String askUnseen(String question) {
        char[] answer = console("--password-stdin").readPassword("%s", question);
        return answered(answer == null ? null : new String(answer));
    }

    /** All of stdin without the end of its last line, which editors and {@code echo} add. */
    static String passwordOnStdin() throws IOException {
        byte[] bytes = System.in.readNBytes(MOST_PASSWORD + 1);
        if (bytes.length > MOST_PASSWORD) {
            throw Failure.invalid("stdin: got more than " + MOST_PASSWORD + " bytes, wanted a password");
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.endsWith("\r\n")
                ? text.substring(0, text.length() - 2)
                : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    private static Console console(String instead) {
        // There is none, or one that is no terminal: releases of Java differ.
        return Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .orElseThrow(() -> Failure.of(Category.UNAVAILABLE, "got no terminal to ask on, wanted " + instead));
    }

    private static String answered(@Nullable String answer) {
        if (answer == null) {
            throw Failure.of(Category.CANCELLED, "got no answer");
        }
        return answer;
    }
}
