package io.varve.registry;

import static io.varve.registry.Setting.app;
import static io.varve.registry.Setting.await;
import static io.varve.registry.Setting.layer;
import static io.varve.registry.Setting.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is read of a host to be written to the same host, over as few connections as can be. */
class CopyWithinOneHostIT {
    private static final int SIZE = 1_000_000;

    @Test
    void tokenIsToBeHadWhileWhatIsReadWaitsForWhatIsWritten() throws Exception {
        try (Setting setting = new Setting()) {
            Vertx far = Vertx.vertx();
            FakeRegistry registry = FakeRegistry.http(far);
            TokenIssuer issuer = TokenIssuer.opaque(Integer.MAX_VALUE);
            registry.demandTokens(issuer, registry.server().url() + "/token");
            Promise<Void> reading = Promise.promise();
            registry.server()
                    .always("GET /token", (asked, honest) -> issuer.apply(asked))
                    .always("GET .*/blobs/sha256", (asked, honest) -> {
                        if (asked.header("Authorization") != null) {
                            reading.tryComplete();
                        }
                        return honest.apply(asked);
                    });
            RegistryClient client = setting.host(
                            registry.server().host(),
                            new HostOptions(List.of(), true, false, null, null, null, 1, 1, false))
                    .authorizer(transport -> new Tokens(
                            setting.vertx, (host, repository) -> Optional.empty(), transport, InstantSource.system()))
                    .client();
            Repository app = app(registry.server().host());
            byte[] bytes = random(SIZE);
            registry.blob(bytes);
            Promise<Void> written = Promise.promise();
            CollectedSlabs sink = CollectedSlabs.oneAndThen(written, SIZE);
            Context context = setting.vertx.getOrCreateContext();
            Future<Void> read = Future.future(done -> context.runOnContext(
                    on -> client.blob(app, layer(bytes), 0, sink).onComplete(done)));
            await(reading.future());

            assertThat(await(client.upload(app, new OfferedBytes(random(1000)), null)))
                    .isEqualTo(Uploaded.SENT);

            context.runOnContext(on -> written.complete());
            await(read);
            assertThat(sink.bytes()).isEqualTo(bytes);
            assertThat(issuer.issued()).isEqualTo(2);
            await(far.close());
        }
    }
}
