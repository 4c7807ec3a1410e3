/**
 * Compressed bytes become tar bytes, while they stream.
 *
 * <p>{@link io.varve.decode.Decoders} has the {@link io.varve.decode.Decoder} for one layer; whoever drives the
 * layer's flow feeds it pieces cut anywhere and takes full buffers out. {@link io.varve.decode.DecodeLimits} bound what
 * comes out and what a stream may make us remember, and {@link io.varve.decode.LimitedDecoder} applies them to every
 * compression alike; a {@link io.varve.decode.Format} undoes one compression and checks everything its format lets it
 * check: structure, checksums, sizes, the end.
 *
 * <p>A checksum stands behind the bytes it covers, so bytes come out before it was seen: they are worth nothing until
 * {@link io.varve.decode.Decoder#finish} returned, and it is the diffId that says they are the right ones. Nothing here
 * hashes, allocates slabs, or touches a socket.
 *
 * <p>What takes the time is inflating, so gzip goes through a native library, {@link io.varve.decode.Isal}, where there is one that
 * passes its trial and the limits allow it, and else through the JDK's zlib. Headers, checksums and padding are ours with
 * either: {@link io.varve.decode.Inflate} is deflate alone.
 */
@NullMarked
package io.varve.decode;

import org.jspecify.annotations.NullMarked;
