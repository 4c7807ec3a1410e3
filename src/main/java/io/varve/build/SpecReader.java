package io.varve.build;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.build.BuildSpec.BlobLayer;
import io.varve.build.BuildSpec.ConfigSpec;
import io.varve.build.BuildSpec.CopiedPath;
import io.varve.build.BuildSpec.CopyFrom;
import io.varve.build.BuildSpec.EmptyDirectory;
import io.varve.build.BuildSpec.Healthcheck;
import io.varve.build.BuildSpec.HostDirectory;
import io.varve.build.BuildSpec.Inline;
import io.varve.build.BuildSpec.InlineFile;
import io.varve.build.BuildSpec.LayerSpec;
import io.varve.build.BuildSpec.Owner;
import io.varve.build.BuildSpec.RegularFile;
import io.varve.build.BuildSpec.SymbolicLink;
import io.varve.build.BuildSpec.Tar;
import io.varve.encode.Encoding;
import io.varve.oci.Compression;
import io.varve.oci.Digest;
import io.varve.oci.ImageName;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes a spec of JSON. What is not understood is refused with the place where it stands. */
public final class SpecReader {
    private static final String SCRATCH = "scratch";
    private static final Set<String> LAYER_KINDS = Set.of("tar", "blob", "copyFrom", "directory", "files", "remove");

    /** Each is a name that leads to the image, and perhaps a push of it. */
    private static final int MOST_TAGS = 100;

    private static final int FILE_MODE = 0644;
    private static final int DIRECTORY_MODE = 0755;

    private SpecReader() {}

    /** @throws io.varve.failure.Failure Invalid, naming the field */
    public static BuildSpec read(ObjectNode json) {
        SpecField root = SpecField.root(json);
        root.allow(
                "from",
                "platform",
                "platforms",
                "layers",
                "config",
                "author",
                "annotations",
                "created",
                "compression",
                "compressionLevel",
                "squash",
                "tags",
                "push");
        SpecField from = root.member("from");
        List<Reference> tags = root.member("tags").atMost(MOST_TAGS).each(SpecReader::tag);
        boolean push = root.member("push").flag();
        if (push && tags.isEmpty()) {
            throw root.member("push").wanted("tags, which say where to");
        }
        return new BuildSpec(
                from.text().equals(SCRATCH) ? null : from.as(() -> ImageName.parse(from.text())),
                platforms(root),
                root.member("layers").each(SpecReader::layer),
                config(root.member("config"), root.member("author").optional(SpecField::text)),
                root.member("annotations").texts(),
                root.member("created").optional(SpecField::time),
                encoding(root),
                root.member("squash").flag(),
                tags,
                push);
    }

    private static List<Platform> platforms(SpecField root) {
        SpecField one = root.member("platform");
        SpecField several = root.member("platforms");
        if (one.isThere() && several.isThere()) {
            throw several.wanted("none beside platform");
        }
        List<Platform> platforms = one.isThere() ? List.of(platform(one)) : several.each(SpecReader::platform);
        if (platforms.stream().distinct().count() != platforms.size()) {
            throw several.wanted("each platform once");
        }
        return platforms;
    }

    private static Platform platform(SpecField field) {
        return field.as(() -> Platform.parse(field.text()));
    }

    private static Reference tag(SpecField field) {
        Reference reference = field.as(() -> Reference.normalized(field.text()).withDefaultTag());
        if (reference.digest() != null) {
            throw field.wanted("a name without a digest");
        }
        return reference;
    }

    private static Encoding encoding(SpecField root) {
        SpecField word = root.member("compression");
        SpecField level = root.member("compressionLevel");
        if (!word.isThere() && !level.isThere()) {
            return Encoding.DEFAULT;
        }
        Compression compression =
                switch (word.isThere() ? word.text() : "gzip") {
                    case "gzip" -> Compression.GZIP;
                    case "zstd" -> Compression.ZSTD;
                    case "none" -> Compression.NONE;
                    default -> throw word.wanted("gzip, zstd or none");
                };
        if (!level.isThere()) {
            return Encoding.usual(compression);
        }
        return level.as(() -> new Encoding(compression, (int) level.number(Integer.MAX_VALUE)));
    }

    private static LayerSpec layer(SpecField field) {
        List<String> kinds =
                field.names().stream().filter(LAYER_KINDS::contains).toList();
        boolean inline = !kinds.isEmpty() && Set.of("files", "remove").containsAll(kinds);
        if (kinds.size() != 1 && !inline) {
            field.names().stream()
                    .filter(name -> !LAYER_KINDS.contains(name)
                            && !Set.of("paths", "dest", "owner", "exclude").contains(name))
                    .findFirst()
                    .ifPresent(unknown -> {
                        throw field.unknown(unknown);
                    });
            throw field.wanted("one of tar, blob, copyFrom, directory, or files and remove");
        }
        if (inline) {
            return inline(field);
        }
        return switch (kinds.getFirst()) {
            case "tar" -> {
                field.allow("tar");
                yield new Tar(field.member("tar").named());
            }
            case "blob" -> {
                field.allow("blob");
                SpecField blob = field.member("blob");
                yield new BlobLayer(blob.as(() -> Digest.parse(blob.text())));
            }
            case "copyFrom" -> copyFrom(field);
            default -> directory(field);
        };
    }

    private static LayerSpec copyFrom(SpecField field) {
        field.allow("copyFrom", "paths", "owner");
        SpecField image = field.member("copyFrom");
        SpecField paths = field.member("paths");
        List<CopiedPath> copied = paths.each(path -> {
            path.allow("src", "dest");
            SpecField target = path.member("dest");
            String source = path.member("src").path();
            return new CopiedPath(source, target.isThere() ? target(target) : source);
        });
        if (copied.isEmpty()) {
            throw paths.wanted("one or more");
        }
        return new CopyFrom(
                image.as(() -> ImageName.parse(image.text())),
                copied,
                field.member("owner").optional(SpecReader::owner));
    }

    private static String target(SpecField field) {
        String path = field.path();
        return path.isEmpty() || !field.text().endsWith("/") ? path : path + "/";
    }

    private static LayerSpec directory(SpecField field) {
        field.allow("directory", "dest", "owner", "exclude");
        SpecField target = field.member("dest");
        return new HostDirectory(
                field.member("directory").named(),
                target.isThere() ? target.path() : "",
                owner(field.member("owner")),
                field.member("exclude").each(SpecField::named));
    }

    private static Owner owner(SpecField field) {
        if (!field.isThere()) {
            return Owner.ROOT;
        }
        String[] numbers = field.text().split(":", -1);
        if (numbers.length != 2) {
            throw field.wanted("UID:GID in numbers");
        }
        return new Owner(id(numbers[0], field), id(numbers[1], field));
    }

    private static long id(String text, SpecField field) {
        // 2^32 − 1 is nobody to the system.
        if (!text.matches("[0-9]{1,10}") || Long.parseLong(text) >= 0xFFFF_FFFFL) {
            throw field.wanted("UID:GID in numbers below 4294967295");
        }
        return Long.parseLong(text);
    }

    private static LayerSpec inline(SpecField field) {
        field.allow("files", "remove");
        List<InlineFile> files = field.member("files").each(SpecReader::file);
        List<String> removed = field.member("remove").each(path -> {
            String one = path.path();
            if (one.isEmpty()) {
                throw path.wanted("a path below the root");
            }
            return one;
        });
        Set<String> seen = files.stream().map(InlineFile::path).collect(Collectors.toSet());
        if (seen.size() != files.size()) {
            throw field.member("files").wanted("each path once");
        }
        return new Inline(files, removed);
    }

    private static InlineFile file(SpecField field) {
        field.allow("path", "mode", "owner", "text", "base64", "symlink", "directory");
        SpecField path = field.member("path");
        Owner owner = owner(field.member("owner"));
        List<String> kinds = field.names().stream()
                .filter(Set.of("text", "base64", "symlink", "directory")::contains)
                .toList();
        if (kinds.size() != 1) {
            throw field.wanted("one of text, base64, symlink, or directory: true");
        }
        String name = path.path();
        SpecField kind = field.member(kinds.getFirst());
        if (name.isEmpty() && !kinds.getFirst().equals("directory")) {
            throw path.wanted("a path below the root");
        }
        SpecField mode = field.member("mode");
        return switch (kinds.getFirst()) {
            case "text" ->
                new RegularFile(name, mode(mode, FILE_MODE), owner, kind.text().getBytes(StandardCharsets.UTF_8));
            case "base64" -> new RegularFile(name, mode(mode, FILE_MODE), owner, kind.base64());
            case "symlink" -> {
                if (mode.isThere()) {
                    throw mode.wanted("none for a symlink");
                }
                yield new SymbolicLink(name, owner, kind.named());
            }
            default -> {
                if (!kind.flag()) {
                    throw kind.wanted("true");
                }
                yield new EmptyDirectory(name, mode(mode, DIRECTORY_MODE), owner);
            }
        };
    }

    private static int mode(SpecField field, int otherwise) {
        if (!field.isThere()) {
            return otherwise;
        }
        if (!field.text().matches("0?[0-7]{1,4}")) {
            throw field.wanted("octal digits, 0 to 07777, as in \"0644\"");
        }
        return Integer.parseInt(field.text(), 8);
    }

    private static ConfigSpec config(SpecField field, @Nullable String author) {
        field.allow(
                "env",
                "entrypoint",
                "cmd",
                "workdir",
                "user",
                "labels",
                "exposedPorts",
                "volumes",
                "stopSignal",
                "healthcheck",
                "shell");
        SpecField env = field.member("env");
        for (String name : env.names()) {
            if (name.isEmpty() || name.indexOf('=') >= 0) {
                throw env.unknown(name);
            }
        }
        return new ConfigSpec(
                env.textsOrNull(),
                field.member("entrypoint").optional(SpecReader::words),
                field.member("cmd").optional(SpecReader::words),
                field.member("workdir").optional(SpecReader::workdir),
                field.member("user").optional(SpecField::text),
                field.member("labels").textsOrNull(),
                Set.copyOf(field.member("exposedPorts").each(SpecReader::port)),
                Set.copyOf(field.member("volumes").each(SpecField::named)),
                field.member("stopSignal").optional(SpecField::named),
                // An empty one says nothing.
                field.member("healthcheck").names().isEmpty() ? null : healthcheck(field.member("healthcheck")),
                field.member("shell").optional(SpecReader::words),
                author);
    }

    private static List<String> words(SpecField field) {
        return field.each(SpecField::text);
    }

    private static String workdir(SpecField field) {
        if (!field.text().startsWith("/")) {
            throw field.wanted("an absolute path");
        }
        return field.text();
    }

    private static String port(SpecField field) {
        String text = field.node().isIntegralNumber() ? field.node().asText() : field.text();
        if (!text.matches("[0-9]{1,5}(-[0-9]{1,5})?(/(tcp|udp|sctp))?")) {
            throw field.wanted("PORT[/PROTOCOL]");
        }
        return text.indexOf('/') < 0 ? text + "/tcp" : text;
    }

    private static Healthcheck healthcheck(SpecField field) {
        field.allow("test", "interval", "timeout", "startPeriod", "startInterval", "retries");
        List<String> test = new ArrayList<>();
        JsonNode given = field.member("test").node();
        if (given.isTextual()) {
            test.addAll(List.of("CMD-SHELL", given.textValue()));
        } else {
            test.addAll(words(field.member("test")));
        }
        return new Healthcheck(
                test,
                field.member("interval").nanos(),
                field.member("timeout").nanos(),
                field.member("startPeriod").nanos(),
                field.member("startInterval").nanos(),
                field.member("retries").isThere() ? field.member("retries").number(Integer.MAX_VALUE) : 0);
    }
}
