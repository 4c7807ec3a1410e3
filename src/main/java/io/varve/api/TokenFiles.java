package io.varve.api;

import io.varve.auth.TokenRules;
import java.nio.file.Path;

/**
 * What tokens of callers are verified with.
 *
 * @param jwks a set of JSON Web Keys
 */
public record TokenFiles(Path jwks, TokenRules rules) {}
