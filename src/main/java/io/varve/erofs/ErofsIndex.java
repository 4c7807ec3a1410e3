package io.varve.erofs;

/**
 * What became of a tree.
 *
 * @param bytes of the index file
 * @param copiedBytes how many of them are blocks of files, copied because no block of a tar has just those bytes
 * @param droppedXattrs how many extended attributes EROFS has no way to express, over all inodes
 */
public record ErofsIndex(long bytes, long copiedBytes, long droppedXattrs) {}
