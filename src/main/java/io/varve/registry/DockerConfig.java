package io.varve.registry;

import io.varve.os.FilesAt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Credentials where Docker and Podman keep them, so that who is logged in there is logged in here: in {@code
 * $DOCKER_CONFIG/config.json} or {@code ~/.docker/config.json}, then in {@code $REGISTRY_AUTH_FILE}, or without that where Podman
 * keeps them by itself, as far as that can be read: in {@code $XDG_RUNTIME_DIR/containers/auth.json}, without that variable {@code
 * /run/containers/UID/auth.json}, and in {@code ~/.config/containers/auth.json}. For each of them with its helper, if it names one,
 * before what it holds itself. Files are read anew each time.
 *
 * <p>What is kept for a repository or a namespace ({@code registry.example/team}) is found for that alone, the longest name
 * first.
 */
public final class DockerConfig implements Credentials {
    private final Map<String, String> environment;
    private final Path home;
    private final Path own;

    /**
     * Where a credential was put.
     *
     * @param where the file or the helper
     * @param encoded whether whoever can read the file can read the password, which is encoded there, not encrypted
     */
    public record Kept(String where, boolean encoded) {}

    /**
     * @param environment {@code DOCKER_CONFIG}, {@code REGISTRY_AUTH_FILE}, {@code XDG_RUNTIME_DIR}, {@code PATH}, and all that
     *     helpers want to see
     * @param home of the user
     */
    public DockerConfig(Map<String, String> environment, Path home) {
        this.environment = Map.copyOf(environment);
        this.home = home;
        String directory = environment.getOrDefault("DOCKER_CONFIG", "");
        own = (directory.isEmpty() ? home.resolve(".docker") : Path.of(directory)).resolve("config.json");
    }

    private List<Path> files() {
        List<Path> files = new ArrayList<>(List.of(own));
        String other = environment.getOrDefault("REGISTRY_AUTH_FILE", "");
        if (!other.isEmpty()) {
            files.add(Path.of(other));
        } else {
            // Nobody has asked for these: the directory of somebody else's session is no reason to fail.
            ofPodman().filter(Files::isReadable).forEach(files::add);
        }
        return files;
    }

    /** When it is not told another one. */
    private Stream<Path> ofPodman() {
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        return Stream.of(
                runtime.isEmpty()
                        ? Path.of("/run/containers", Integer.toString(FilesAt.user()), "auth.json")
                        : Path.of(runtime, "containers", "auth.json"),
                home.resolve(".config/containers/auth.json"));
    }

    @Override
    public Optional<Credential> find(String host, String repository) {
        RegistryKey registry = RegistryKey.parse(host);
        RegistryKey wanted = new RegistryKey(registry.host(), repository);
        for (Path file : files()) {
            ConfigFile config = ConfigFile.read(file);
            Optional<Credential> found = helper(config, registry)
                    .flatMap(helper -> helper.get(registry.server()))
                    .or(() -> config.find(wanted));
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** Puts a credential where Docker would: with the helper that the configuration names, else in the file itself. */
    synchronized Kept keep(RegistryKey registry, Credential.Basic credential) {
        ConfigFile config = ConfigFile.read(own);
        Optional<CredentialProgram> helper = helper(config, registry);
        if (helper.isPresent()) {
            helper.get().store(registry.server(), credential);
            config.putElsewhere(registry);
        } else {
            config.put(registry, credential);
        }
        config.save();
        return new Kept(helper.map(Object::toString).orElse(own.toString()), helper.isEmpty());
    }

    /** Takes away what is kept for all of the registry, wherever it would be found. Whether there was anything. */
    synchronized boolean erase(RegistryKey registry) {
        boolean some = false;
        for (Path file : files()) {
            ConfigFile config = ConfigFile.read(file);
            Optional<CredentialProgram> helper = helper(config, registry);
            if (helper.isPresent() && helper.get().get(registry.server()).isPresent()) {
                helper.get().erase(registry.server());
                some = true;
            }
            if (config.remove(registry)) {
                config.save();
                some = true;
            }
        }
        return some;
    }

    private Optional<CredentialProgram> helper(ConfigFile config, RegistryKey registry) {
        return config.helper(registry).map(name -> CredentialProgram.named(name, environment));
    }
}
