package io.varve.registry;

import static io.varve.registry.Setting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.guard.WatchedVertx;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A list of referrers that is nearly as long as a list can be. */
class ReferrersIT implements Referrers.Access {
    private static final Repository APP = Setting.app("registry.example");
    private static final Origin HOST = Origin.of(URI.create("https://registry.example"));
    private static final Digest SUBJECT = Digest.sha256(new byte[0]);

    private final List<Put> put = new ArrayList<>();
    private Future<RemoteDocument> there = Future.failedFuture("nothing yet");
    private Vertx vertx;

    @BeforeEach
    void start() throws Exception {
        vertx = WatchedVertx.create();
    }

    @AfterEach
    void stop() throws Exception {
        await(vertx.close());
    }

    private record Put(Descriptor descriptor, Index list) {}

    private static Descriptor referrer(int number) {
        return Descriptor.of(
                MediaType.Known.OCI_MANIFEST,
                Digest.sha256(Integer.toString(number).getBytes(UTF_8)),
                number);
    }

    @Override
    public Future<RemoteDocument> resolve(Repository repository, String tag) {
        return there;
    }

    @Override
    public Future<?> put(Repository repository, String tag, Descriptor descriptor, Document document) {
        put.add(new Put(descriptor, (Index) document));
        return Future.succeededFuture();
    }

    /** On an event loop, as pushes do. */
    private void add(Descriptor referrer) throws Exception {
        Referrers referrers = new Referrers(vertx, this, new Limiters(vertx, host -> 1));
        Promise<Void> added = Promise.promise();
        vertx.runOnContext(now -> referrers.add(APP, HOST, SUBJECT, referrer).onComplete(added));
        await(added.future());
    }

    @Test
    void longListsKeepNoEventLoopBusy() throws Exception {
        List<Descriptor> all = new ArrayList<>();
        for (int i = 0; i < 25_000; i++) {
            all.add(referrer(i));
        }
        byte[] bytes = Index.of(all).bytes();
        assertThat(bytes).hasSizeBetween(3 << 20, (int) Json.DEFAULT_LIMIT);
        there = Future.succeededFuture(new RemoteDocument(
                Descriptor.of(MediaType.Known.OCI_INDEX, Digest.sha256(bytes), bytes.length), bytes));

        add(referrer(24_999));
        assertThat(put).isEmpty();
        add(referrer(25_000));
        assertThat(put).singleElement().satisfies(changed -> {
            assertThat(changed.list.manifests()).hasSize(25_001).endsWith(referrer(25_000));
            assertThat(changed.descriptor.digest()).isEqualTo(Digest.sha256(changed.list.bytes()));
        });
    }
}
