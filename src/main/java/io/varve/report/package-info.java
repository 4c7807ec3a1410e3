/**
 * What can be told of images by looking at their trees and their layers: {@link io.varve.report.TreeDiff} and {@link
 * io.varve.report.ConfigDiff}, what changed from one to another; {@link io.varve.report.Usage}, what the bytes of one are spent on. Nothing
 * is mounted or unpacked, and nothing changed. For the command and for whoever asks from elsewhere, who are told the same.
 */
@NullMarked
package io.varve.report;

import org.jspecify.annotations.NullMarked;
