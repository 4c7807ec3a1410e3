package io.varve.catalogue;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job that somebody was told of, for those who ask after it.
 *
 * @param id no other job has it, and an earlier job's is less
 * @param caller whose job it is
 * @param state queued, running, done or failed
 * @param finished null until it is
 * @param key with which the caller may ask for the same again; null for none
 * @param request the digest of what was asked for
 * @param told what is told of it, JSON
 */
public record JobRecord(
        String id,
        String caller,
        String kind,
        String state,
        Instant created,
        @Nullable Instant finished,
        @Nullable String key,
        String request,
        String told) {}
