package io.varve.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * A program {@code docker-credential-NAME} that keeps credentials: it is told what to do by its argument, of which server on
 * its standard input, and answers in JSON. It has ten seconds, and is killed with all that it started after them.
 *
 * <p>What it answers is shown to nobody, but for what it says when it fails. Blocks.
 */
final class CredentialProgram {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int MOST_OUTPUT = 64 << 10;
    private static final int SHOWN = 200;
    private static final String PREFIX = "docker-credential-";

    /** No slash, and no dot that begins a way out. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}");

    private static final Pattern NOT_SHOWN = Pattern.compile("[\\p{C}\\p{Z}]+");

    /** The user that says that its password is none, but a refresh token. */
    private static final String TOKEN_USER = "<token>";

    private static final String NOT_FOUND = "credentials not found";

    private final String program;
    private final Path file;
    private final Map<String, String> environment;
    private final Duration patience;

    private record Ran(int code, byte[] output) {
        String text() {
            return new String(output, StandardCharsets.UTF_8);
        }

        boolean foundNothing() {
            return code != 0 && text().contains(NOT_FOUND);
        }
    }

    private CredentialProgram(String program, Path file, Map<String, String> environment, Duration patience) {
        this.program = program;
        this.file = file;
        this.environment = environment;
        this.patience = patience;
    }

    /**
     * @param name as the configuration has it
     * @param environment its own, with the {@code PATH} it is looked for on
     * @throws Failure Invalid when it is no name, Unavailable when there is no such program
     */
    static CredentialProgram named(String name, Map<String, String> environment) {
        return named(name, environment, PATIENCE);
    }

    /** The same, and it has so long for an answer. */
    static CredentialProgram named(String name, Map<String, String> environment, Duration patience) {
        if (!NAME.matcher(name).matches()) {
            throw Failure.invalid("credential helper: got a name of " + name.length()
                    + " characters with others than letters, digits, dots, dashes, wanted what follows " + PREFIX);
        }
        String program = PREFIX + name;
        for (String each : environment.getOrDefault("PATH", "").split(":", -1)) {
            // Neither the working directory nor what is below it is where programs are.
            if (each.startsWith("/")) {
                Path file = Path.of(each, program);
                if (Files.isRegularFile(file) && Files.isExecutable(file)) {
                    return new CredentialProgram(program, file, environment, patience);
                }
            }
        }
        throw Failure.of(Category.UNAVAILABLE, program + ": got no such program, wanted one on the PATH");
    }

    /** What it keeps for the server; empty for nothing. */
    Optional<Credential> get(String server) {
        Ran ran = run("get", server);
        if (ran.foundNothing()) {
            return Optional.empty();
        }
        succeeded("get", ran, "");
        ObjectNode answer;
        try {
            answer = Json.read(ran.output(), MOST_OUTPUT);
        } catch (Failure e) {
            // The reason would show a part of it.
            throw Failure.invalid(
                    program + " get: got " + ran.output().length + " bytes that are not JSON, wanted a credential");
        }
        String user = answer.path("Username").asText("");
        String secret = answer.path("Secret").asText("");
        if (secret.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                user.equals(TOKEN_USER) ? new Credential.RefreshToken("", secret) : new Credential.Basic(user, secret));
    }

    void store(String server, Credential.Basic credential) {
        ObjectNode told = Json.object();
        told.put("ServerURL", server);
        told.put("Username", credential.user());
        told.put("Secret", credential.password());
        succeeded("store", run("store", Json.text(told)), credential.password());
    }

    /** Nothing to erase is fine. */
    void erase(String server) {
        Ran ran = run("erase", server);
        if (!ran.foundNothing()) {
            succeeded("erase", ran, "");
        }
    }

    @Override
    public String toString() {
        return program;
    }

    private void succeeded(String what, Ran ran, String secret) {
        if (ran.code() != 0) {
            throw Failure.of(
                    Category.UNAVAILABLE,
                    program + " " + what + ": got exit code " + ran.code() + told(ran.text(), secret) + ", wanted 0");
        }
    }

    /** Helpers say on standard output why they fail. What could be the answer itself is not shown. */
    private static String told(String output, String secret) {
        String shown = secret.isEmpty() ? output : output.replace(secret, "***");
        String line = NOT_SHOWN.matcher(shown).replaceAll(" ").strip();
        return line.isEmpty() || line.contains("{")
                ? ""
                : " (" + line.substring(0, Math.min(SHOWN, line.length())) + ")";
    }

    private Ran run(String what, String input) {
        ProcessBuilder builder =
                new ProcessBuilder(file.toString(), what).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw Failure.from(e).during(program + " " + what);
        }
        try {
            return ran(process, input);
        } catch (TimeoutException e) {
            throw Failure.of(
                    Category.UNAVAILABLE,
                    program + " " + what + ": got no answer for " + patience.toSeconds() + " s, wanted one");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.from(e);
        } catch (ExecutionException e) {
            throw Failure.from(e.getCause() == null ? e : e.getCause()).during(program + " " + what);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private Ran ran(Process process, String input) throws InterruptedException, ExecutionException, TimeoutException {
        long deadline = System.nanoTime() + patience.toNanos();
        Thread.ofVirtual().start(() -> tell(process, input));
        CompletableFuture<byte[]> output = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                output.complete(process.getInputStream().readNBytes(MOST_OUTPUT + 1));
            } catch (IOException e) {
                output.completeExceptionally(e);
            }
        });
        byte[] bytes = output.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        if (bytes.length > MOST_OUTPUT) {
            throw Failure.invalid(program + ": got more than " + MOST_OUTPUT + " bytes, wanted a credential");
        }
        if (!process.waitFor(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
            throw new TimeoutException();
        }
        return new Ran(process.exitValue(), bytes);
    }

    /** Who knows the answer without listening closes its input early. */
    private static void tell(Process process, String input) {
        try (OutputStream out = process.getOutputStream()) {
            out.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It ends with a code that tells.
        }
    }
}
