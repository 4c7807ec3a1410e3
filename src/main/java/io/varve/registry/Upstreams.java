package io.varve.registry;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where whoever orders pulls may send us. It holds for each connection: of registries, of their mirrors, of those who give tokens,
 * and wherever one of these sends us on.
 *
 * @param allowed hosts, {@code registry.example}, {@code registry.example:5000} or {@code *.example}, wherever they are; and {@code *}
 *     for any at a public address. Empty for {@code *}
 * @param addresses where they may be
 */
public record Upstreams(List<String> allowed, Addresses addresses) {
    /** As commands may. */
    public static final Upstreams ANYWHERE = new Upstreams(List.of(), Addresses.ANY);

    /** At which addresses we may be sent to hosts that are not listed by their names. */
    public enum Addresses {
        /** Any, those of one cable too. */
        ANY,
        /** Of this machine and of this organisation, and public ones. */
        PRIVATE,
        PUBLIC,
        /** Any when everybody may ask, which only those on this machine can then, who could go there themselves; else public ones. */
        BY_CALLERS
    }

    private static final String ANY = "*";
    private static final Pattern HOST =
            Pattern.compile("\\*|(?:\\*\\.)?(?:[a-z0-9._-]+|\\[[0-9a-f:]+])(?::[0-9]{1,5})?");

    /** @throws Failure Invalid for what is no host */
    public Upstreams {
        allowed = allowed.stream().map(each -> each.toLowerCase(Locale.ROOT)).toList();
        for (String each : allowed) {
            if (!HOST.matcher(each).matches()) {
                throw Failure.invalid("upstreams.allow: got " + each + ", wanted HOST, HOST:PORT, *.DOMAIN or *");
            }
        }
    }

    /** @param openly whether everybody may ask */
    public Upstreams forCallers(boolean openly) {
        return addresses == Addresses.BY_CALLERS
                ? new Upstreams(allowed, openly ? Addresses.ANY : Addresses.PUBLIC)
                : this;
    }

    private boolean isListed(Origin target) {
        return allowed.stream().anyMatch(each -> isMeant(each, target));
    }

    /** Without a port it is the one that the scheme implies. */
    private static boolean isMeant(String listed, Origin target) {
        return listed.startsWith("*.")
                ? target.authority().endsWith(listed.substring(1))
                : target.authority().equals(listed);
    }

    /** @throws Failure Unauthorized when nobody may send us there */
    void check(Origin target) {
        if (!allowed.isEmpty() && !allowed.contains(ANY) && !isListed(target)) {
            throw refused(target, "which upstreams.allow does not have");
        }
    }

    /** @throws Failure Unauthorized when nobody may send us to that address, whatever the host's name */
    void check(Origin target, InetAddress address) {
        if (addresses == Addresses.ANY) {
            return;
        }
        boolean may =
                switch (Network.of(address)) {
                    case PUBLIC -> true;
                    case SITE, LOOPBACK -> addresses == Addresses.PRIVATE || isListed(target);
                    case LINK, NOWHERE -> false;
                };
        if (!may) {
            throw refused(
                    target,
                    // Which one is not for everybody who may ask.
                    "which is at no public address (upstreams.allow, upstreams.privateAddresses)");
        }
    }

    private static Failure refused(Origin target, String why) {
        return Failure.of(Category.UNAUTHORIZED, "upstream: got " + target + ", " + why);
    }
}
