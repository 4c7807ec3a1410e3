package io.varve.archive;

import io.varve.decode.Decoders;
import io.varve.failure.Failure;
import io.varve.layout.Run;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Compression;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.pipeline.ChannelSource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Images of an archive that has no manifests for them: these are made, the same from the same archive, and everything else is where it is.
 * A layer that is a plain tar stays one. Written by one thread, and then read by any.
 */
final class MadeImages implements ChannelSource {
    private final Members members;
    private final PlanLimits limits;

    /** Documents that are not in the archive as they are. */
    private final Map<Digest, byte[]> documents = new HashMap<>();

    private long made;

    private final Map<Digest, Member> blobs = new HashMap<>();

    // By where they begin: layers of several images may be the same member.
    private final Map<Long, Descriptor> compressed = new HashMap<>();

    MadeImages(Members members, PlanLimits limits) {
        this.members = members;
        this.limits = limits;
    }

    /** A configuration that was made. */
    Descriptor config(byte[] bytes) {
        return document(MediaType.Known.OCI_CONFIG, bytes);
    }

    /** A configuration that is a file of the archive, and stays as it is: an image's id is its digest. */
    Descriptor config(Member member, byte[] bytes) {
        return blob(MediaType.Known.OCI_CONFIG, Digest.sha256(bytes), member);
    }

    /** @param diffId what the layer's tar is said to be; whoever pulls it finds out */
    Descriptor layer(Member member, Digest diffId) {
        Compression compression = compression(member);
        if (compression == Compression.NONE) {
            return blob(MediaType.Known.OCI_LAYER, diffId, member);
        }
        return compressed.computeIfAbsent(
                member.start(),
                first -> blob(
                        compression == Compression.GZIP
                                ? MediaType.Known.OCI_LAYER_GZIP
                                : MediaType.Known.OCI_LAYER_ZSTD,
                        members.digest(member),
                        member));
    }

    Descriptor manifest(Descriptor config, List<Descriptor> layers) {
        return document(
                MediaType.Known.OCI_MANIFEST, Manifest.of(config, layers).bytes());
    }

    /** They are kept until all images are there. */
    private Descriptor document(MediaType type, byte[] bytes) {
        Digest digest = Digest.sha256(bytes);
        if (documents.put(digest, bytes) == null) {
            made += bytes.length;
            limits.checkAll("the documents made", made);
        }
        return Descriptor.of(type, digest, bytes.length);
    }

    private Descriptor blob(MediaType type, Digest digest, Member member) {
        blobs.put(digest, member);
        return Descriptor.of(type, digest, member.size());
    }

    private Compression compression(Member member) {
        try (Run run = members.open(member)) {
            return Decoders.sniff(run);
        } catch (IOException e) {
            throw Failure.from(e).during(member.name());
        }
    }

    boolean isPlain(Member member) {
        return compression(member) == Compression.NONE;
    }

    @Override
    public byte[] read(Descriptor descriptor, long limit) {
        byte[] made = documents.get(descriptor.digest());
        if (made != null) {
            return made;
        }
        byte[] bytes = members.read(blob(descriptor), limit);
        Digest got = Digest.of(descriptor.digest().algorithm(), bytes);
        if (!got.equals(descriptor.digest())) {
            throw Failure.mismatch("digest", got, descriptor.digest());
        }
        return bytes;
    }

    private Member blob(Descriptor descriptor) {
        Member member = blobs.get(descriptor.digest());
        if (member == null) {
            throw Failure.notFound("blob " + descriptor.digest() + ": got none in the archive");
        }
        return member;
    }

    @Override
    public ReadableByteChannel open(Descriptor descriptor, long offset) {
        byte[] made = documents.get(descriptor.digest());
        if (made != null) {
            int from = (int) offset;
            return Channels.newChannel(new ByteArrayInputStream(made, from, made.length - from));
        }
        Run run = members.open(blob(descriptor));
        run.seek(offset);
        return run;
    }

    @Override
    public @Nullable String location() {
        return null;
    }
}
