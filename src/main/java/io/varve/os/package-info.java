/**
 * Linux, called directly: files relative to directory descriptors, mounts, loop devices. Nothing of the domain is here.
 *
 * <p>{@link io.varve.os.FilesAt} works on files by descriptor and {@link io.varve.os.Name}, which is what keeps a name
 * out of an image from ever being resolved as a path. {@link io.varve.os.FileSystemContext} and
 * {@link io.varve.os.Mounts} are the kernel's mount calls, {@link io.varve.os.MountTable} what is mounted,
 * {@link io.varve.os.LoopDevice} a file as a block device. {@link io.varve.os.Staging} is how
 * files are committed.
 *
 * <p>Calls block the thread that makes them, so no event loop may. A call that the kernel refuses throws the checked
 * {@link io.varve.os.OsException}, which says the call and the {@link io.varve.os.Errno}; callers turn it into their
 * own failure. x86_64 and aarch64; needs {@code --enable-native-access}.
 */
@NullMarked
package io.varve.os;

import org.jspecify.annotations.NullMarked;
