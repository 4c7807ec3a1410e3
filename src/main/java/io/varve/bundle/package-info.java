/**
 * From an image to what a container runtime runs: a bundle (runtime-spec, bundle.md), a directory with {@code config.json} and the root
 * filesystem. {@link io.varve.bundle.Users} looks users up inside the image, {@link io.varve.bundle.RuntimeConfig} is the
 * configuration, {@link io.varve.bundle.Bundles} makes the directory, with a {@link
 * io.varve.bundle.Claim} to it until all is there.
 */
@NullMarked
package io.varve.bundle;

import org.jspecify.annotations.NullMarked;
