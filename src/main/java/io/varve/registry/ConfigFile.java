package io.varve.registry;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.oci.Json;
import io.varve.os.FilesAt;
import io.varve.os.Staging;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * One file in the form of Docker's {@code config.json}, which {@code containers-auth.json} has too. Members that Varve does
 * not know stay, in their order. Nothing that is in it gets into a message. Owned by one thread.
 */
final class ConfigFile {
    private static final int LIMIT = 1 << 20;
    private static final int MOST_LINKS = 40;

    private static final String AUTHS = "auths";
    private static final String AUTH = "auth";
    private static final String USERNAME = "username";
    private static final String PASSWORD = "password";
    private static final String IDENTITY_TOKEN = "identitytoken";
    private static final String REGISTRY_TOKEN = "registrytoken";
    private static final List<String> SECRETS = List.of(AUTH, USERNAME, PASSWORD, IDENTITY_TOKEN, REGISTRY_TOKEN);

    private final Path path;
    private final ObjectNode json;

    private record Entry(String spelled, RegistryKey key, JsonNode value) {}

    private ConfigFile(Path path, ObjectNode json) {
        this.path = path;
        this.json = json;
    }

    /**
     * The file, or one with nothing in it where there is none.
     *
     * @throws Failure Invalid when it is too large or not JSON, Unavailable when it cannot be read
     */
    static ConfigFile read(Path path) {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(path)) {
            bytes = in.readNBytes(LIMIT + 1);
        } catch (NoSuchFileException e) {
            return new ConfigFile(path, Json.object());
        } catch (IOException e) {
            throw Failure.from(e).during("reading " + path);
        }
        if (bytes.length > LIMIT) {
            throw Failure.invalid("got more than " + LIMIT + " bytes, wanted credentials")
                    .during("reading " + path);
        }
        if (new String(bytes, StandardCharsets.UTF_8).isBlank()) {
            return new ConfigFile(path, Json.object());
        }
        try {
            return new ConfigFile(path, Json.read(bytes, LIMIT));
        } catch (Failure e) {
            // The reason would show a part of the file.
            throw Failure.invalid("got something else, wanted one JSON object in UTF-8 without a name twice")
                    .during("reading " + path);
        }
    }

    Path path() {
        return path;
    }

    /** The name of the helper that keeps the credential of this registry; empty when none does. */
    Optional<String> helper(RegistryKey registry) {
        for (Entry entry : entries("credHelpers")) {
            if (entry.key().equals(registry) && !entry.value().asText("").isEmpty()) {
                return Optional.of(entry.value().asText());
            }
        }
        String store = json.path("credsStore").asText("");
        return store.isEmpty() ? Optional.empty() : Optional.of(store);
    }

    /**
     * What the file itself keeps: of the longest name that the repository is below.
     *
     * @throws Failure Invalid when that cannot be read
     */
    Optional<Credential> find(RegistryKey repository) {
        String server = repository.server();
        return entries(AUTHS).stream()
                .filter(entry -> entry.key().holds(repository))
                .sorted(Comparator.comparingInt(
                                (Entry entry) -> -entry.key().path().length())
                        .thenComparing(entry -> !entry.spelled().equals(server)))
                .map(this::credential)
                .flatMap(Optional::stream)
                .findFirst();
    }

    private List<Entry> entries(String member) {
        List<Entry> entries = new ArrayList<>();
        for (Map.Entry<String, JsonNode> each : json.path(member).properties()) {
            entries.add(new Entry(each.getKey(), RegistryKey.parse(each.getKey()), each.getValue()));
        }
        return entries;
    }

    private Optional<Credential> credential(Entry entry) {
        String user = text(entry, USERNAME);
        String password = text(entry, PASSWORD);
        String auth = text(entry, AUTH);
        if (!auth.isEmpty()) {
            String decoded = decoded(entry, auth);
            int colon = decoded.indexOf(':');
            if (colon < 0) {
                throw wrong(entry, AUTH);
            }
            user = decoded.substring(0, colon);
            password = decoded.substring(colon + 1);
        }
        String refresh = text(entry, IDENTITY_TOKEN);
        String bearer = text(entry, REGISTRY_TOKEN);
        if (!bearer.isEmpty()) {
            return Optional.of(new Credential.BearerToken(bearer));
        }
        if (!refresh.isEmpty()) {
            return Optional.of(new Credential.RefreshToken(user, refresh));
        }
        return user.isEmpty() && password.isEmpty()
                ? Optional.empty()
                : Optional.of(new Credential.Basic(user, password));
    }

    private static String text(Entry entry, String member) {
        return entry.value().path(member).asText("");
    }

    private String decoded(Entry entry, String auth) {
        try {
            String decoded = new String(Base64.getDecoder().decode(auth.strip()), StandardCharsets.UTF_8);
            // Docker once padded passwords with NUL.
            return decoded.replaceAll("\0+$", "");
        } catch (IllegalArgumentException e) {
            throw wrong(entry, AUTH);
        }
    }

    private Failure wrong(Entry entry, String member) {
        return Failure.invalid(AUTHS + "." + entry.spelled() + "." + member
                        + ": got something else, wanted base64 of USER:PASSWORD")
                .during("reading " + path);
    }

    /** Keeps the credential in the file itself, in the place of all that was kept for the registry. */
    void put(RegistryKey registry, Credential.Basic credential) {
        ObjectNode entry = emptied(registry);
        entry.put(AUTH, Authorization.encoded(credential.user(), credential.password()));
    }

    /** Says that the registry has a credential, which a helper keeps. */
    void putElsewhere(RegistryKey registry) {
        emptied(registry);
    }

    /** The one entry of the registry, without secrets. */
    private ObjectNode emptied(RegistryKey registry) {
        JsonNode before = json.path(AUTHS).path(registry.server());
        ObjectNode entry = before instanceof ObjectNode object ? object : Json.object();
        entry.remove(SECRETS);
        for (Entry each : entries(AUTHS)) {
            if (each.key().equals(registry) && !each.spelled().equals(registry.server())) {
                auths().remove(each.spelled());
            }
        }
        auths().set(registry.server(), entry);
        return entry;
    }

    private ObjectNode auths() {
        if (json.path(AUTHS) instanceof ObjectNode auths) {
            return auths;
        }
        return json.putObject(AUTHS);
    }

    /** Whether there was anything. */
    boolean remove(RegistryKey registry) {
        boolean some = false;
        for (Entry each : entries(AUTHS)) {
            if (each.key().equals(registry)) {
                auths().remove(each.spelled());
                some = true;
            }
        }
        return some;
    }

    /** Readers see all of the old file or all of the new one, which only its owner may read. A symlink stays one. */
    void save() {
        try {
            replace(linked(path.toAbsolutePath()), bytes());
        } catch (IOException e) {
            throw Failure.from(e).during("writing " + path);
        }
    }

    private static void replace(Path file, byte[] content) throws IOException {
        Path directory = Objects.requireNonNull(file.getParent(), "a file is in a directory");
        Staging.makeDirectories(directory);
        Path written = Files.createTempFile(directory, ".config-", ".json");
        try {
            Files.write(written, content);
            keepOwner(file, written);
            FilesAt.sync(written);
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
            FilesAt.sync(directory);
        } finally {
            Files.deleteIfExists(written);
        }
    }

    /** Root that logs in for somebody must not take the file from them. */
    private static void keepOwner(Path file, Path written) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        for (String attribute : List.of("unix:uid", "unix:gid")) {
            Object owner = Files.getAttribute(file, attribute);
            if (!owner.equals(Files.getAttribute(written, attribute))) {
                Files.setAttribute(written, attribute, owner);
            }
        }
    }

    /** The file itself, which may not be there yet. */
    private static Path linked(Path path) throws IOException {
        Path at = path;
        for (int links = 0; Files.isSymbolicLink(at); links++) {
            if (links == MOST_LINKS) {
                throw new IOException("got more than " + MOST_LINKS + " symlinks, wanted a file");
            }
            at = at.resolveSibling(Files.readSymbolicLink(at));
        }
        return at;
    }

    /** As Docker writes it. */
    private byte[] bytes() throws IOException {
        DefaultIndenter tabs = new DefaultIndenter("\t", "\n");
        DefaultPrettyPrinter style = new DefaultPrettyPrinter(Separators.createDefaultInstance()
                        .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                        .withObjectEmptySeparator("")
                        .withArrayEmptySeparator(""))
                .withObjectIndenter(tabs)
                .withArrayIndenter(tabs);
        return new JsonMapper().writer(style).writeValueAsBytes(json);
    }
}
