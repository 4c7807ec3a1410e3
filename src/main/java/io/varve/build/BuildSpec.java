package io.varve.build;

import io.varve.encode.Encoding;
import io.varve.oci.Digest;
import io.varve.oci.ImageName;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is to be built. {@link SpecReader} makes it of JSON.
 *
 * @param from the base; null for none ({@code scratch})
 * @param platforms one image each; several become an image index. Empty for this machine's
 * @param layers what comes on top, lowest first
 * @param config what is changed of the base's configuration
 * @param annotations of the manifests, and of the image index if there is one
 * @param created the time of the image, of its files, and of nothing else; null for the default of whoever builds
 * @param squash whether the image has one layer that shows all that its layers would show together
 * @param tags full references
 * @param push whether each tag is pushed to its registry when all of it is there
 */
public record BuildSpec(
        @Nullable ImageName from,
        List<Platform> platforms,
        List<LayerSpec> layers,
        ConfigSpec config,
        Map<String, String> annotations,
        @Nullable Instant created,
        Encoding encoding,
        boolean squash,
        List<Reference> tags,
        boolean push) {

    /** One layer. */
    public sealed interface LayerSpec {}

    /** A tar that comes beside the spec, compressed or not. */
    public record Tar(String name) implements LayerSpec {}

    /** A blob of the store that is a layer, as it is. */
    public record BlobLayer(Digest digest) implements LayerSpec {}

    /**
     * Files of another image, straight from its layers.
     *
     * @param owner null for those that they have
     */
    public record CopyFrom(
            ImageName image,
            List<CopiedPath> paths,
            @Nullable Owner owner) implements LayerSpec {}

    /**
     * Paths without slashes in front, empty components and dots.
     *
     * @param source a path in the image; a symlink there is followed
     * @param target where it goes, or, with a slash at its end, the directory that a file goes into
     */
    public record CopiedPath(String source, String target) {}

    /**
     * A directory of the machine that builds. Symlinks in it are copied, and followed nowhere.
     *
     * @param path of it, as it was given
     * @param target the directory of the image that what is in it goes into
     * @param exclude patterns of what is left out, of paths below it
     */
    public record HostDirectory(String path, String target, Owner owner, List<String> exclude) implements LayerSpec {}

    /**
     * Files that stand in the spec, and paths that are not to be seen any more.
     *
     * @param removed paths, which are taken away before the files come
     */
    public record Inline(List<InlineFile> files, List<String> removed) implements LayerSpec {}

    /** One of them, by its path without a slash in front. */
    public sealed interface InlineFile {
        String path();

        int mode();

        Owner owner();
    }

    public record RegularFile(String path, int mode, Owner owner, byte[] content) implements InlineFile {}

    public record SymbolicLink(String path, Owner owner, String target) implements InlineFile {
        @Override
        public int mode() {
            return 0777;
        }
    }

    public record EmptyDirectory(String path, int mode, Owner owner) implements InlineFile {}

    /** Numbers of 32 bits. */
    public record Owner(long uid, long gid) {
        static final Owner ROOT = new Owner(0, 0);
    }

    /**
     * Changes of a configuration. Null: as the base has it.
     *
     * @param env by name, a null value takes the variable away; {@code labels} likewise
     * @param healthcheck as the configuration has it, in Docker's words
     */
    public record ConfigSpec(
            Map<String, @Nullable String> env,
            @Nullable List<String> entrypoint,
            @Nullable List<String> cmd,
            @Nullable String workdir,
            @Nullable String user,
            Map<String, @Nullable String> labels,
            Set<String> exposedPorts,
            Set<String> volumes,
            @Nullable String stopSignal,
            @Nullable Healthcheck healthcheck,
            @Nullable List<String> shell,
            @Nullable String author) {}

    /** Times in nanoseconds, 0 for the default; as {@link io.varve.oci.Execution.Healthcheck}. */
    public record Healthcheck(
            List<String> test, long interval, long timeout, long startPeriod, long startInterval, long retries) {}
}
