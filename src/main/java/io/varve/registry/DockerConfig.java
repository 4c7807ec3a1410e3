package io.varve.registry;

import io.varve.failure.Failure;
import io.varve.os.FilesAt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Credentials where Docker and Podman keep them, so that who is logged in there is logged in here: in {@code
 * $DOCKER_CONFIG/config.json} or {@code ~/.docker/config.json}, then in {@code $REGISTRY_AUTH_FILE}, or without that where Podman
 * keeps them by itself, as far as that can be read: in {@code $XDG_RUNTIME_DIR/containers/auth.json}, without that variable {@code
 * /run/user/UID/containers/auth.json} and {@code /run/containers/UID/auth.json}, and in {@code
 * $XDG_CONFIG_HOME/containers/auth.json} or {@code ~/.config/containers/auth.json}. For each of them with its helper, if it names one,
 * before what it holds itself. Files are read anew each time.
 *
 * <p>What is kept for a repository or a namespace ({@code registry.example/team}) is found for that alone, the longest name
 * first.
 */
public final class DockerConfig implements Credentials {
    private static final Logger LOG = LoggerFactory.getLogger(DockerConfig.class);

    private final Map<String, String> environment;
    private final Path home;
    private final Path own;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    /**
     * Where a credential was put.
     *
     * @param where the file or the helper
     * @param encoded whether whoever can read the file can read the password, which is encoded there, not encrypted
     */
    public record Kept(String where, boolean encoded) {}

    /**
     * @param environment {@code DOCKER_CONFIG}, {@code REGISTRY_AUTH_FILE}, {@code XDG_RUNTIME_DIR}, {@code
     *     XDG_CONFIG_HOME}, {@code PATH}, and all that helpers want to see
     * @param home of the user
     */
    public DockerConfig(Map<String, String> environment, Path home) {
        this.environment = Map.copyOf(environment);
        this.home = home;
        own = directory("DOCKER_CONFIG", home.resolve(".docker")).resolve("config.json");
    }

    private Path directory(String variable, Path otherwise) {
        String directory = environment.getOrDefault(variable, "");
        return directory.isEmpty() ? otherwise : Path.of(directory);
    }

    /** Those that somebody has chosen. */
    private List<Path> chosen() {
        String other = environment.getOrDefault("REGISTRY_AUTH_FILE", "");
        return other.isEmpty() ? List.of(own) : List.of(own, Path.of(other));
    }

    /** Where Podman keeps them when it is not told another place, as far as there is something to be read. */
    private List<Path> ofPodman() {
        if (!environment.getOrDefault("REGISTRY_AUTH_FILE", "").isEmpty()) {
            return List.of();
        }
        List<Path> directories = new ArrayList<>();
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        if (runtime.isEmpty()) {
            String user = Integer.toString(FilesAt.user());
            // That of the user's sessions, which a service of the same user is not told of.
            directories.add(Path.of("/run/user", user, "containers"));
            directories.add(Path.of("/run/containers", user));
        } else {
            directories.add(Path.of(runtime, "containers"));
        }
        directories.add(directory("XDG_CONFIG_HOME", home.resolve(".config")).resolve("containers"));
        return directories.stream()
                .map(each -> each.resolve("auth.json"))
                .filter(each -> Files.isRegularFile(each) && Files.isReadable(each))
                .toList();
    }

    @Override
    public Optional<Credential> find(String host, String repository) {
        RegistryKey registry = RegistryKey.parse(host);
        RegistryKey wanted = new RegistryKey(registry.host(), repository);
        return chosen().stream()
                .map(file -> find(file, registry, wanted))
                .flatMap(Optional::stream)
                .findFirst()
                .or(() -> ofPodman().stream()
                        .map(file -> findIfSound(file, registry, wanted))
                        .flatMap(Optional::stream)
                        .findFirst());
    }

    private Optional<Credential> find(Path file, RegistryKey registry, RegistryKey wanted) {
        ConfigFile config = ConfigFile.read(file);
        return helper(config, registry)
                .flatMap(helper -> helper.get(registry.server()))
                .or(() -> config.find(wanted));
    }

    /** Nobody has asked for such a file: that something is wrong with it keeps nobody from asking without a credential. */
    private Optional<Credential> findIfSound(Path file, RegistryKey registry, RegistryKey wanted) {
        try {
            return find(file, registry, wanted);
        } catch (Failure e) {
            if (told.add(e.getMessage())) {
                LOG.warn("passed over: {}", e.getMessage());
            }
            return Optional.empty();
        }
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
        List<Path> files = new ArrayList<>(chosen());
        files.addAll(ofPodman());
        for (Path file : files) {
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
