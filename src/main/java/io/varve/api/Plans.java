package io.varve.api;

import io.varve.auth.Action;
import io.varve.auth.Scopes;
import io.varve.http.Outgoing;
import io.varve.manifest.Plan;
import io.varve.oci.ImageName;
import io.varve.oci.Platform;
import io.varve.pipeline.Images;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What names lead to. Who asks for the same while somebody is being answered waits for the next answer, with all others who do: so
 * the catalogue is asked once for many, and nobody is told what was true before he asked. Belongs to one event loop.
 */
final class Plans {
    private final Images images;
    private final Sight sight;
    private final Outgoing outgoing;
    private final Set<Asked> asking = new HashSet<>();
    private final Map<Asked, Promise<Plan>> waiting = new HashMap<>();

    Plans(Images images, Sight sight, Outgoing outgoing) {
        this.images = images;
        this.sight = sight;
        this.outgoing = outgoing;
    }

    /**
     * An image by the words of a caller.
     *
     * @param platform null for this machine's
     */
    record Asked(ImageName name, @Nullable Platform platform) {
        static Asked of(String reference, @Nullable String platform) {
            return new Asked(ImageName.parse(reference), platform == null ? null : Platform.parse(platform));
        }
    }

    /** Fails with NotFound when it is not there for whoever has these scopes. */
    Future<Plan> find(Scopes scopes, Action action, Asked asked) {
        return sight.require(scopes, action, asked.name()).compose(seen -> find(asked));
    }

    private Future<Plan> find(Asked asked) {
        return asking.add(asked)
                ? begin(asked)
                : waiting.computeIfAbsent(asked, first -> Promise.promise()).future();
    }

    private Future<Plan> begin(Asked asked) {
        return outgoing.disk(() -> images.plan(asked.name(), asked.platform())).onComplete(done -> {
            Promise<Plan> next = waiting.remove(asked);
            if (next == null) {
                asking.remove(asked);
            } else {
                begin(asked).onComplete(next);
            }
        });
    }
}
