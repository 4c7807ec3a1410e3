package io.varve.oci;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a machine must be to run an image. The words are Go's {@code GOOS} and {@code GOARCH}; other common names of the
 * same thing are normalised when a platform is made, so that equal platforms are equal: {@code x86_64} is {@code amd64},
 * {@code aarch64} is {@code arm64}, {@code arm} alone is {@code arm/v7}, and {@code arm64/v8} and {@code amd64/v1} are
 * the architecture alone.
 *
 * @param variant of the architecture, null when it is the plain one
 * @param osVersion the build of the operating system that is needed, null when any will do
 * @param osFeatures what the operating system must offer
 */
public record Platform(
        String os,
        String architecture,
        @Nullable String variant,
        @Nullable String osVersion,
        List<String> osFeatures) {

    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.-]{1,64}");
    private static final Pattern LEVEL = Pattern.compile("v?([0-9]{1,3})(?:\\.([0-9]{1,3}))?");

    /** Minor levels within a major one, so that both fit in one number. */
    private static final int MINORS = 1000;

    public Platform {
        String given = architecture.toLowerCase(Locale.ROOT);
        os = operatingSystem(os.toLowerCase(Locale.ROOT));
        architecture = architecture(given);
        variant = variant(given, architecture, variant);
        osFeatures = List.copyOf(osFeatures);
    }

    public Platform(String os, String architecture, @Nullable String variant) {
        this(os, architecture, variant, null, List.of());
    }

    /** @throws Failure Invalid unless the text is {@code os/architecture} or {@code os/architecture/variant} */
    public static Platform parse(String text) {
        String[] words = text.split("/", -1);
        if (words.length < 2 || words.length > 3) {
            throw Failure.invalid("platform: got " + text + ", wanted OS/ARCHITECTURE[/VARIANT]");
        }
        for (String word : words) {
            if (!WORD.matcher(word).matches()) {
                throw Failure.invalid("platform: got " + text + ", wanted OS/ARCHITECTURE[/VARIANT]");
            }
        }
        return new Platform(words[0], words[1], words.length == 3 ? words[2] : null);
    }

    /** The platform of containers on this machine: Linux on its architecture. */
    public static Platform ofThisMachine() {
        return new Platform("linux", System.getProperty("os.arch"), null);
    }

    /** The platform an image index entry or an image configuration states. */
    static Platform of(Field field) {
        return new Platform(
                field.member("os").text(),
                field.member("architecture").text(),
                field.member("variant").optional(Field::text),
                field.member("os.version").optional(Field::text),
                field.member("os.features").each(Field::text));
    }

    void writeTo(ObjectNode object) {
        object.put("architecture", architecture);
        object.put("os", os);
        if (osVersion != null) {
            object.put("os.version", osVersion);
        }
        if (!osFeatures.isEmpty()) {
            osFeatures.forEach(object.putArray("os.features")::add);
        }
        if (variant != null) {
            object.put("variant", variant);
        }
    }

    /**
     * How far an image for {@code offered} is from what this platform asks for; of several images the nearest is chosen,
     * and of equally near ones the first that is listed.
     *
     * <p>0 is the same variant. Older variants follow, the newest of them first: {@code arm} v8, v7, v6, v5;
     * {@code amd64} v4, v3, v2, plain; {@code arm64} by minor version down to that of its major one, then the majors
     * below, plain being v8. Of an architecture without levels only the plain variant stands in for another one. Nothing
     * stands in for another architecture. Where this platform names an os version, it must be the same; what the image
     * needs of os features, this platform must have.
     *
     * @return empty when such an image cannot run here
     */
    public OptionalInt distanceTo(Platform offered) {
        boolean possible = os.equals(offered.os)
                && architecture.equals(offered.architecture)
                && (osVersion == null || osVersion.equals(offered.osVersion))
                && osFeatures.containsAll(offered.osFeatures);
        if (!possible) {
            return OptionalInt.empty();
        }
        if (variant == null ? offered.variant == null : variant.equals(offered.variant)) {
            return OptionalInt.of(0);
        }
        int mine = level(variant);
        int theirs = level(offered.variant);
        if (mine < 0 || theirs < 0) {
            return offered.variant == null ? OptionalInt.of(1) : OptionalInt.empty();
        }
        boolean older = theirs < mine && (theirs % MINORS == 0 || theirs / MINORS == mine / MINORS);
        return older ? OptionalInt.of(mine - theirs) : OptionalInt.empty();
    }

    /** Whether it names a platform at all: attestations are listed for {@code unknown/unknown}. */
    public boolean known() {
        return !os.equals("unknown") && !architecture.equals("unknown");
    }

    /** The variant as a number that grows with what the processor can do; -1 when it has none. */
    private int level(@Nullable String word) {
        int plain =
                switch (architecture) {
                    case "amd64" -> 1;
                    case "arm" -> 7;
                    case "arm64" -> 8;
                    default -> -1;
                };
        if (plain < 0 || word == null) {
            return plain < 0 ? -1 : plain * MINORS;
        }
        Matcher level = LEVEL.matcher(word);
        if (!level.matches()) {
            return -1;
        }
        int minor = level.group(2) == null ? 0 : Integer.parseInt(level.group(2));
        return Integer.parseInt(level.group(1)) * MINORS + minor;
    }

    private static String operatingSystem(String word) {
        return word.equals("macos") ? "darwin" : word;
    }

    private static String architecture(String word) {
        return switch (word) {
            case "x86_64", "x86-64" -> "amd64";
            case "i386", "i486", "i586", "i686", "x86" -> "386";
            case "aarch64" -> "arm64";
            case "armhf", "armel" -> "arm";
            default -> word;
        };
    }

    private static @Nullable String variant(String given, String architecture, @Nullable String word) {
        String variant = word == null ? "" : word.toLowerCase(Locale.ROOT);
        if (LEVEL.matcher(variant).matches() && !variant.startsWith("v")) {
            variant = "v" + variant;
        }
        return switch (architecture) {
            case "arm" -> variant.isEmpty() ? (given.equals("armel") ? "v6" : "v7") : variant;
            case "arm64" -> variant.isEmpty() || variant.equals("v8") ? null : variant;
            case "amd64" -> variant.isEmpty() || variant.equals("v1") ? null : variant;
            default -> variant.isEmpty() ? null : variant;
        };
    }

    /** {@code os/architecture[/variant]}. */
    @Override
    public String toString() {
        return os + "/" + architecture + (variant == null ? "" : "/" + variant);
    }
}
