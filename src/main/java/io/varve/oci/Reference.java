package io.varve.oci;

import io.varve.failure.Failure;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of an image in a registry: {@code [domain/]path[:tag][@digest]}, the grammar and the conventions being those
 * of github.com/distribution/reference. {@link #normalized} is what a user means by the text, {@link #parse} is the
 * grammar alone; {@link #toString} is the text again, in full.
 *
 * @param domain the registry, a host with an optional port; null when the text has none, which a normalized reference
 *     never lacks
 * @param path the repository within the registry, at most 255 characters, lower case
 */
public record Reference(
        @Nullable String domain,
        String path,
        @Nullable String tag,
        @Nullable Digest digest) implements ImageName {

    static final Pattern IDENTIFIER = Pattern.compile("[a-f0-9]{64}");

    private static final String HUB = "docker.io";
    private static final String HUB_OLD = "index.docker.io";
    private static final String OFFICIAL = "library/";
    private static final String LATEST = "latest";
    private static final int MAX_PATH = 255;

    /** Longer than any reference with a path of 255, a tag of 128 and a digest; bounds what the patterns see. */
    private static final int MAX_TEXT = 1024;

    private static final String HOST_PART = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
    private static final String HOST = "(?:" + HOST_PART + "(?:\\." + HOST_PART + ")*|\\[[a-fA-F0-9:]+\\])";
    private static final String DOMAIN = HOST + "(?::[0-9]+)?";
    private static final String COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
    private static final String PATH = COMPONENT + "(?:/" + COMPONENT + ")*";
    private static final String TAG = "[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}";
    private static final String DIGEST = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
    private static final Pattern REGISTRY = Pattern.compile(DOMAIN);
    private static final Pattern REPOSITORY = Pattern.compile(PATH);
    private static final Pattern TAGGED = Pattern.compile(TAG);
    private static final Pattern GRAMMAR = Pattern.compile("(?:(?<domain>" + DOMAIN + ")/)?(?<path>" + PATH
            + ")(?::(?<tag>" + TAG + "))?(?:@(?<digest>" + DIGEST + "))?");

    public Reference {
        check("registry", domain, REGISTRY);
        check("repository", path, REPOSITORY);
        check("tag", tag, TAGGED);
        if (path.length() > MAX_PATH) {
            throw Failure.invalid(
                    "reference: got a repository of " + path.length() + " characters, wanted at most " + MAX_PATH);
        }
    }

    private static void check(String part, @Nullable String text, Pattern grammar) {
        if (text != null && (text.length() > MAX_TEXT || !grammar.matcher(text).matches())) {
            throw Failure.invalid("reference: got " + text + ", wanted a " + part);
        }
    }

    /**
     * The grammar alone: nothing is added, so the domain is whatever stands before the first slash if it can be one.
     *
     * @throws Failure Invalid when the text is not a reference
     */
    public static Reference parse(String text) {
        return parse(text, text);
    }

    /** @param given what the user wrote, for the message */
    private static Reference parse(String text, String given) {
        if (text.length() > MAX_TEXT) {
            throw Failure.invalid("reference: got " + given.length() + " characters, wanted at most " + MAX_TEXT);
        }
        Matcher parts = GRAMMAR.matcher(text);
        if (!parts.matches()) {
            throw Failure.invalid("reference: got " + (given.isEmpty() ? "nothing" : given) + ", wanted "
                    + (GRAMMAR.matcher(text.toLowerCase(Locale.ROOT)).matches()
                            ? "the repository in lower case"
                            : "[HOST[:PORT]/]PATH[:TAG][@DIGEST]"));
        }
        String digest = parts.group("digest");
        return new Reference(
                parts.group("domain"),
                parts.group("path"),
                parts.group("tag"),
                digest == null ? null : Digest.parse(digest));
    }

    /**
     * What a user means by the text, by Docker's conventions: a first component without dot, colon or upper case that is
     * not {@code localhost} is no registry but part of a path on docker.io, and a path of one component there stands
     * below {@code library/}.
     *
     * @throws Failure Invalid when the text is not a reference, or is 64 hex digits, which Docker takes for the identifier
     *     of an image
     */
    public static Reference normalized(String text) {
        if (IDENTIFIER.matcher(text).matches()) {
            throw Failure.invalid("reference: got " + text + ", wanted a name, which 64 hex digits are not");
        }
        int slash = text.indexOf('/');
        boolean registry = slash >= 0 && namesRegistry(text.substring(0, slash));
        String domain = registry ? text.substring(0, slash) : HUB;
        String rest = registry ? text.substring(slash + 1) : text;
        if (domain.equals(HUB_OLD)) {
            domain = HUB;
        }
        boolean official = domain.equals(HUB) && rest.indexOf('/') < 0;
        return parse(domain + "/" + (official ? OFFICIAL : "") + rest, text);
    }

    /** Whether the text can be the domain of a reference. */
    public static boolean isRegistry(String text) {
        return text.length() <= MAX_TEXT && REGISTRY.matcher(text).matches();
    }

    private static boolean namesRegistry(String first) {
        return first.indexOf('.') >= 0
                || first.indexOf(':') >= 0
                || first.equals("localhost")
                || !first.equals(first.toLowerCase(Locale.ROOT));
    }

    /** This reference with the tag {@code latest} if it has neither tag nor digest. */
    public Reference withDefaultTag() {
        return tag == null && digest == null ? new Reference(domain, path, LATEST, null) : this;
    }

    /** What a pull asks the registry for: the digest alone where there is one, else the tag, by default {@code latest}. */
    public Reference forPull() {
        return digest == null ? withDefaultTag() : new Reference(domain, path, null, digest);
    }

    /** Domain and path, without tag and digest. */
    public String name() {
        return domain == null ? path : domain + "/" + path;
    }

    /** As short as Docker shows it: without docker.io, and without {@code library/} there. */
    public String familiar() {
        if (!HUB.equals(domain)) {
            return toString();
        }
        boolean official = path.startsWith(OFFICIAL) && path.indexOf('/', OFFICIAL.length()) < 0;
        return (official ? path.substring(OFFICIAL.length()) : path) + suffix();
    }

    private String suffix() {
        return (tag == null ? "" : ":" + tag) + (digest == null ? "" : "@" + digest);
    }

    @Override
    public String toString() {
        return name() + suffix();
    }
}
