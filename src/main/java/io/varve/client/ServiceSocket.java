package io.varve.client;

import io.varve.failure.Failure;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.OsException;
import io.varve.os.Staging;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code serve/socket} below a store, by which commands ask the service that serves it. Its directory is its user's alone, and whoever
 * may enter that may ask for everything. Any thread; blocks on the disk.
 */
public final class ServiceSocket implements AutoCloseable {
    private static final String DIRECTORY = "serve";
    private static final String SOCKET = "socket";
    private static final String LOCK = "lock";

    private final Path path;
    private final Fd directory;
    private final @Nullable Fd lock;

    /** @param lock of whoever listens; null for whoever asks */
    private ServiceSocket(Path path, Fd directory, @Nullable Fd lock) {
        this.path = path;
        this.directory = directory;
        this.lock = lock;
    }

    /**
     * To listen at. What a dead process left there is taken away.
     *
     * @param store its directory, which may be missing
     * @return empty when another process listens there
     */
    public static Optional<ServiceSocket> take(Path store) {
        Path path = store.resolve(DIRECTORY);
        try {
            Staging.makeDirectories(path);
            Fd lock = FilesAt.openOrCreate(path.resolve(LOCK), 0600);
            try {
                if (FilesAt.tryLock(lock)) {
                    Files.deleteIfExists(path.resolve(SOCKET));
                    return Optional.of(new ServiceSocket(path.resolve(SOCKET), FilesAt.openDirectory(path), lock));
                }
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
            lock.close();
            return Optional.empty();
        } catch (IOException e) {
            throw Failure.from(e).during("socket " + path.resolve(SOCKET));
        }
    }

    /** To ask by: empty when nobody listens there, or we may not ask. */
    public static Optional<ServiceSocket> find(Path store) {
        Path path = store.resolve(DIRECTORY, SOCKET);
        if (!Files.exists(path)) {
            return Optional.empty();
        }
        try {
            ServiceSocket found = new ServiceSocket(path, FilesAt.openDirectory(store.resolve(DIRECTORY)), null);
            if (found.isAnswered()) {
                return Optional.of(found);
            }
            found.close();
            return Optional.empty();
        } catch (OsException e) {
            return Optional.empty();
        }
    }

    private boolean isAnswered() {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(shortPath()))) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether who listens is who we are: he can read what we can. */
    boolean isOurs() {
        try {
            return FilesAt.status(directory).uid() == FilesAt.user();
        } catch (OsException e) {
            return false;
        }
    }

    /** The kernel takes a hundred bytes of a path, and stores may stand anywhere. */
    private String shortPath() {
        return directory.path() + "/" + SOCKET;
    }

    /** Until this is closed. */
    public SocketAddress address() {
        return SocketAddress.domainSocketAddress(shortPath());
    }

    /** Where it is, for people. */
    public Path path() {
        return path;
    }

    /** Whoever listened does not any more. */
    @Override
    public void close() {
        if (lock != null) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                // The next one who listens takes it away.
            }
            lock.close();
        }
        directory.close();
    }
}
