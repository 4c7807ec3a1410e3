package io.varve.catalogue;

import java.util.List;

/**
 * Why a node is kept.
 *
 * @param root what keeps the first of the chain, in words: {@code tag docker.io/library/debian:latest}
 * @param chain from what the root names to the node in question
 */
public record Reason(String root, List<Edge> chain, Node node) {}
