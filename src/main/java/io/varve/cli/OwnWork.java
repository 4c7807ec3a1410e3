package io.varve.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.archive.Imports;
import io.varve.build.BuildSpec;
import io.varve.build.Builds;
import io.varve.build.HostInputs;
import io.varve.catalogue.Entry;
import io.varve.gc.Collected;
import io.varve.layout.LayoutReference;
import io.varve.oci.Compression;
import io.varve.oci.Descriptor;
import io.varve.oci.ImageName;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.push.Pushed;
import io.varve.registry.Access;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Done by the command, which waits for others who write. */
record OwnWork(UseCases useCases) implements StoreWork {
    @Override
    public List<Pulls.Outcome> pull(
            List<Origin> origins, @Nullable Reference name, Platforms platforms, PullListener listener) {
        return useCases.pulls().pull(origins, name, platforms, listener);
    }

    @Override
    public Pushed push(
            ImageName image,
            @Nullable Compression compression,
            Reference destination,
            Access access,
            PullListener listener) {
        return compression == null
                ? useCases.pushes().push(image, destination, access, listener)
                : useCases.builds().push(image, compression, destination, access, listener);
    }

    @Override
    public void bring(LayoutReference reference, @Nullable Platform platform, PullListener listener) {
        // Opening it does.
    }

    @Override
    public Descriptor build(ObjectNode json, BuildSpec spec, Path context, Access access, PullListener listener) {
        Builds.Asking asking = new Builds.Asking(new HostInputs(context), access);
        return useCases.builds().build(spec, asking, listener).image();
    }

    @Override
    public List<Imports.Imported> bringIn(Arriving arriving, PullListener listener) {
        return Arrivals.own(useCases, arriving, listener);
    }

    @Override
    public void tag(ImageName image, Reference name) {
        useCases.naming().tag(image, name);
    }

    @Override
    public List<String> remove(List<ImageName> images) {
        return useCases.naming().remove(images);
    }

    @Override
    public Removed collect(boolean dryRun) {
        Instant now = Instant.now();
        Collected collected = dryRun
                ? useCases.collector().preview(now)
                : useCases.collector().collect(now);
        return new Removed(collected.entries().stream().map(Entry::node).toList(), collected.bytes());
    }
}
