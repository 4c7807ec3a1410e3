/**
 * What a straightforward tool on the JVM does, to compare with: blobs fetched as files, hashed, inflated on the heap and unpacked
 * one layer after the other with commons-compress; metadata in a cache that forgets what was asked for the longest time ago.
 */
@NullMarked
package io.varve.benchmark.baseline;

import org.jspecify.annotations.NullMarked;
