/**
 * The images of a store as users see them: {@link io.varve.image.Naming} gives them names and takes them away, {@link
 * io.varve.image.Description} says what they are made of, {@link io.varve.image.Entries} what is in their directories, and {@link io.varve.image.Rootfs} has the kernel mount them. For the
 * command and for whoever asks from elsewhere, which say the same in the same words.
 */
@NullMarked
package io.varve.image;

import org.jspecify.annotations.NullMarked;
