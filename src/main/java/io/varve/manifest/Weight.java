package io.varve.manifest;

import io.varve.layerfs.Stack;

/**
 * What it takes in memory to know a stack, with its tree, or a JSON document: its bytes, its nodes, and the words made of them. A
 * document's is counted from the characters that make nodes, also where they stand in texts: what people push weighs up to twice
 * what it takes, and no document that was tried less.
 */
final class Weight {
    /** The document itself, its place in the cache, and what is there once. */
    private static final int FIXED = 1280;

    /** A node with its table of members. */
    private static final int OBJECT = 160;

    private static final int ARRAY = 120;

    /** A name and a text with what holds them, once in the tree and once in a map of annotations or labels. */
    private static final int MEMBER = 96;

    /** What is between two commas of an array. */
    private static final int ITEM = 80;

    private Weight() {}

    /** In bytes; the largest there is when it is more than that. */
    static int of(byte[] json) {
        // The bytes as received, and as texts of at most two bytes for each of them.
        long weight = FIXED + 3L * json.length;
        for (byte b : json) {
            switch (b) {
                case '{' -> weight += OBJECT;
                case '[' -> weight += ARRAY;
                case ':' -> weight += MEMBER;
                case ',' -> weight += ITEM;
                default -> {}
            }
        }
        return (int) Math.min(weight, Integer.MAX_VALUE);
    }

    /** In bytes; the largest there is when it is more than that. */
    static int of(Stack stack) {
        return (int) Math.min(FIXED + stack.bytes(), Integer.MAX_VALUE);
    }
}
