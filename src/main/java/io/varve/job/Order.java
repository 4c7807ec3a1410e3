package io.varve.job;

import org.jspecify.annotations.Nullable;

/**
 * What a caller wants to be done.
 *
 * @param caller who asks; jobs are listed, queued and keyed by caller
 * @param kind {@code pull} or {@code push}
 * @param subject what it is about, for people: a reference
 * @param key with which the caller may ask again and get the same job; null for none
 * @param request the digest of what was asked, without secrets: what a repeat must be equal to
 * @param sameness equal for orders that one task can serve; never shown, so it may hold secrets
 */
public record Order(
        String caller,
        String kind,
        String subject,
        @Nullable String key,
        String request,
        Object sameness,
        Work work) {
    @Override
    public String toString() {
        return kind + " " + subject + " for " + caller;
    }
}
