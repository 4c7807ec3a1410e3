package io.varve.registry;

import io.varve.bus.SlabSink;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The registries of the network. All that one call does is done on the context of its caller. */
public final class RegistryClient implements Registry, Uploads {
    private static final Pattern TAG = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}");
    private static final Pattern PATH = Pattern.compile("[a-z0-9._-]+(?:/[a-z0-9._-]+)*");

    private final Vertx vertx;
    private final Hosts hosts;
    private final Clients clients;

    /**
     * Connections, and turns for them, that tokens are asked for with. Of the others all may be held by those who wait for somebody who
     * waits for a token.
     */
    private final Clients tokenClients;

    private final Names names;
    private final Exchange exchange;
    private final ForeignUrls foreign;
    private final Persistence persistence;
    private final Referrers referrers;
    private final NetworkOptions network;
    private final Time time;
    private final Breadths breadths;
    private final SegmentCounts segments = new SegmentCounts();
    private final long chunkBytes;

    /** Whoever holds one reads and writes, and must not wait behind those who can only be served when he is. */
    private final Limiters uploading;

    /**
     * @param environment whose variables name proxies
     * @param credentials for callers that bring none
     */
    public static RegistryClient of(
            Vertx vertx, RegistryOptions options, Map<String, String> environment, Credentials credentials) {
        return new RegistryClient(
                vertx,
                options,
                environment,
                transport -> new Tokens(vertx, credentials, transport, InstantSource.system()));
    }

    RegistryClient(
            Vertx vertx,
            RegistryOptions options,
            Map<String, String> environment,
            Function<TokenTransport, Authorizer> authorizer) {
        this(
                vertx,
                options,
                environment,
                authorizer,
                Names.ofTheMachine(vertx, options.network().connectTimeout()),
                Time.real(vertx),
                RandomGenerator.getDefault());
    }

    /** @param names closed with it */
    RegistryClient(
            Vertx vertx,
            RegistryOptions options,
            Map<String, String> environment,
            Function<TokenTransport, Authorizer> authorizer,
            Names names,
            Time time,
            RandomGenerator random) {
        this.vertx = vertx;
        this.time = time;
        this.names = names;
        network = options.network();
        hosts = new Hosts(options);
        clients = new Clients(vertx, network);
        tokenClients = new Clients(vertx, network);
        Proxies proxies = new Proxies(environment, network.connectTimeout());
        Router router = new Router(names, proxies, options.upstreams());
        Wire wire = new Wire(vertx, hosts, clients, router, time, network);
        Redirects redirects = new Redirects(wire, hosts, options.limits());
        persistence = new Persistence(network, time, random, clients::closed);
        Wire tokenWire = new Wire(vertx, hosts, tokenClients, router, time, network);
        TokenTransport tokens = new TokenRequests(
                new Redirects(tokenWire, hosts, options.limits()), hosts, router, persistence, time, options.limits());
        exchange = new Exchange(redirects, authorizer.apply(tokens), time);
        foreign = new ForeignUrls(exchange, hosts, router);
        breadths = new Breadths(
                origin -> hosts.options(origin.authority()).together(origin.secure()) - Limiter.KEPT, time::nanos);
        chunkBytes = options.limits().chunkBytes();
        uploading = wire.limiters();
        referrers = new Referrers(
                vertx,
                new Referrers.Access() {
                    @Override
                    public Future<RemoteDocument> resolve(Repository repository, String tag) {
                        return manifest(
                                repository,
                                tag,
                                Optional.empty(),
                                Optional.empty(),
                                Json.DEFAULT_LIMIT,
                                own(repository));
                    }

                    @Override
                    public Future<?> put(Repository repository, String tag, Descriptor descriptor, Document document) {
                        return send(repository, tag, descriptor, document);
                    }
                },
                new Limiters(vertx, host -> 1));
    }

    @Override
    public Future<RemoteDocument> resolve(Repository repository, String tagOrDigest, long limit) {
        return here(() -> {
            Optional<Digest> digest =
                    tagOrDigest.indexOf(':') < 0 ? Optional.empty() : Optional.of(Digest.parse(tagOrDigest));
            if (digest.isEmpty() && !TAG.matcher(tagOrDigest).matches()) {
                throw Failure.invalid("tag: got " + tagOrDigest + ", wanted a tag or a digest")
                        .during("pull manifest from " + repository);
            }
            return manifest(repository, tagOrDigest, digest, Optional.empty(), limit, all(repository));
        });
    }

    private Future<RemoteDocument> manifest(
            Repository repository,
            String tagOrDigest,
            Optional<Digest> digest,
            Optional<MediaType> announced,
            long limit,
            List<Endpoint> endpoints) {
        return persistence.answer(
                new ManifestPull(vertx, exchange, repository, tagOrDigest, digest, announced, limit), endpoints);
    }

    private List<Endpoint> all(Repository repository) {
        return hosts.all(checked(repository).host(), repository.access());
    }

    private List<Endpoint> own(Repository repository) {
        return hosts.own(checked(repository).host(), repository.access());
    }

    @Override
    public Future<byte[]> document(Repository repository, Descriptor descriptor, long limit) {
        return here(() -> {
            Digest digest = descriptor.digest();
            if (descriptor.size() > limit || descriptor.size() > Integer.MAX_VALUE - 8) {
                throw Failure.exceeded("bytes of " + digest, descriptor.size(), limit, "limits.manifestBytes");
            }
            byte[] data = descriptor.data();
            if (data != null && data.length == descriptor.size()) {
                return vertx.executeBlocking(() -> Digest.of(digest.algorithm(), data), false)
                        .compose(got -> got.equals(digest)
                                ? Future.succeededFuture(data)
                                : fetch(repository, descriptor, limit));
            }
            return fetch(repository, descriptor, limit);
        });
    }

    private Future<byte[]> fetch(Repository repository, Descriptor descriptor, long limit) {
        Digest digest = descriptor.digest();
        return switch (descriptor.mediaType().kind()) {
            case MANIFEST, INDEX ->
                manifest(
                                repository,
                                digest.toString(),
                                Optional.of(digest),
                                Optional.of(descriptor.mediaType()),
                                limit,
                                all(repository))
                        .map(document -> sized(document.bytes(), descriptor, repository));
            case CONFIG, LAYER, OTHER -> {
                Gathering gathering = new Gathering((int) descriptor.size());
                yield pull(repository, descriptor, 0, gathering)
                        .compose(ignored -> vertx.executeBlocking(
                                () -> verified(gathering.bytes(), descriptor, repository), false));
            }
        };
    }

    private static byte[] sized(byte[] bytes, Descriptor descriptor, Repository repository) {
        if (bytes.length != descriptor.size()) {
            throw Failure.mismatch("size", bytes.length, descriptor.size())
                    .during("pull manifest " + descriptor.digest() + " from " + repository);
        }
        return bytes;
    }

    private static byte[] verified(byte[] bytes, Descriptor descriptor, Repository repository) {
        Digest got = Digest.of(descriptor.digest().algorithm(), bytes);
        if (!got.equals(descriptor.digest())) {
            throw Failure.mismatch("digest of " + bytes.length + " bytes", got, descriptor.digest())
                    .during("pull blob " + descriptor.digest() + " from " + repository);
        }
        return bytes;
    }

    @Override
    public Future<Void> blob(Repository repository, Descriptor descriptor, long offset, SlabSink sink) {
        return here(() -> pull(repository, descriptor, offset, sink));
    }

    @Override
    public Future<Void> foreign(Repository repository, Descriptor descriptor, long offset, SlabSink sink) {
        return here(() -> pull(
                repository,
                descriptor,
                offset,
                sink,
                ahead -> ask(repository, descriptor, ahead)
                        .recover(thrown -> elsewhere(repository, descriptor, ahead, Failure.from(thrown)))));
    }

    /** The last of the urls tells what is wrong, unless there is none to ask. */
    private Future<Void> elsewhere(Repository repository, Descriptor descriptor, Ahead ahead, Failure lacking) {
        List<Endpoint> urls = lacking.category() == Category.NOT_FOUND ? foreign.of(descriptor) : List.of();
        if (urls.isEmpty()) {
            return Future.failedFuture(lacking);
        }
        return persistence
                .answer(foreign.pull(repository, descriptor, ahead, breadths), urls)
                .onFailure(thrown -> thrown.addSuppressed(lacking));
    }

    private Future<Void> pull(Repository repository, Descriptor descriptor, long offset, SlabSink sink) {
        return pull(repository, descriptor, offset, sink, ahead -> ask(repository, descriptor, ahead));
    }

    private Future<Void> ask(Repository repository, Descriptor descriptor, Ahead ahead) {
        return persistence.answer(new BlobPull(exchange, repository, descriptor, ahead, breadths), all(repository));
    }

    private Future<Void> pull(
            Repository repository,
            Descriptor descriptor,
            long offset,
            SlabSink sink,
            Function<Ahead, Future<Void>> asking) {
        if (offset < 0 || offset > descriptor.size()) {
            throw Failure.invalid("offset: got " + offset + ", wanted 0 to " + descriptor.size())
                    .during("pull blob " + descriptor.digest() + " from " + repository);
        }
        if (offset == descriptor.size()) {
            return Future.succeededFuture();
        }
        Delivery delivery = new Delivery(sink, offset, descriptor.size(), time::nanos);
        Ahead ahead = new Ahead(vertx, time, network, segments, delivery);
        Promise<Void> delivered = Promise.promise();
        asking.apply(ahead).onComplete(done -> {
            delivery.close();
            ahead.close();
            if (done.succeeded()) {
                delivered.tryComplete();
            } else {
                delivered.tryFail(done.cause());
            }
        });
        // Who gives up need not wait for a byte, for a pause to end, or for a turn to come.
        sink.broken().onFailure(thrown -> {
            ahead.close();
            delivered.tryFail(thrown);
        });
        return delivered.future();
    }

    @Override
    public Future<Void> check(String host, Access access) {
        return here(() -> persistence.answer(new VersionCheck(exchange, host), hosts.own(host, access)));
    }

    @Override
    public Future<Boolean> has(Repository repository, Descriptor blob) {
        return here(() -> persistence.answer(new BlobHead(exchange, repository, blob), own(repository)));
    }

    @Override
    public Future<Optional<Digest>> find(Repository repository, String tagOrDigest) {
        return here(() -> persistence.answer(
                new ManifestHead(exchange, repository, named(tagOrDigest, "look for manifest in " + repository)),
                own(repository)));
    }

    @Override
    public Future<Uploaded> upload(Repository repository, Offer offer, @Nullable String mount) {
        return here(() -> {
            if (mount != null && !PATH.matcher(mount).matches()) {
                throw Failure.invalid("repository: got " + mount + ", wanted a path in lower case");
            }
            List<Endpoint> endpoints = own(repository);
            Shipment shipment = new Shipment(vertx, offer);
            BlobPush push = new BlobPush(vertx, exchange, hosts, repository, shipment, mount, chunkBytes);
            Promise<Uploaded> uploaded = Promise.promise();
            uploading
                    .acquire(Origin.of(endpoints.getLast().base()), repository.toString())
                    .compose(turn -> persistence
                            .answer(push, endpoints)
                            .recover(thrown -> push.end().transform(ended -> Future.failedFuture(thrown)))
                            .onComplete(done -> turn.close()))
                    .onComplete(done -> {
                        shipment.close();
                        if (done.succeeded()) {
                            uploaded.tryComplete(done.result());
                        } else {
                            uploaded.tryFail(done.cause());
                        }
                    });
            // Who gives up need not wait for an answer, for a pause to end, or for a turn to come.
            offer.withdrawn().onFailure(uploaded::tryFail);
            return uploaded.future();
        });
    }

    @Override
    public Future<Void> put(Repository repository, String tagOrDigest, Descriptor descriptor, Document document) {
        return here(() -> {
            Descriptor subject = document.subject();
            return send(repository, named(tagOrDigest, "push manifest to " + repository), descriptor, document)
                    .compose(kept -> kept || subject == null
                            ? Future.succeededFuture()
                            : referrers.add(
                                    repository,
                                    Origin.of(own(repository).getLast().base()),
                                    subject.digest(),
                                    descriptor.listing(document)));
        });
    }

    private Future<Boolean> send(Repository repository, String tagOrDigest, Descriptor descriptor, Document document) {
        return persistence.answer(
                new ManifestPush(exchange, repository, tagOrDigest, descriptor, document), own(repository));
    }

    /** It becomes a part of a URL. */
    private static String named(String tagOrDigest, String doing) {
        if (tagOrDigest.indexOf(':') >= 0) {
            return Digest.parse(tagOrDigest).toString();
        }
        if (!TAG.matcher(tagOrDigest).matches()) {
            throw Failure.invalid("tag: got " + tagOrDigest + ", wanted a tag or a digest")
                    .during(doing);
        }
        return tagOrDigest;
    }

    /** Paths become parts of URLs. */
    private static Repository checked(Repository repository) {
        if (!PATH.matcher(repository.path()).matches()) {
            throw Failure.invalid("repository: got " + repository + ", wanted a path in lower case");
        }
        return repository;
    }

    private <T> Future<T> here(Supplier<Future<T>> work) {
        Context context = vertx.getOrCreateContext();
        Promise<T> promise = Promise.promise();
        context.runOnContext(ignored -> {
            try {
                work.get().onComplete(promise);
            } catch (Throwable thrown) {
                promise.fail(Failure.from(thrown));
            }
        });
        return promise.future();
    }

    /** What became of the parts of blobs that were asked for before their turn. */
    public SegmentCounts segments() {
        return segments;
    }

    /** How many requests for blobs are under way, by the registry that was asked, of the few hundred that were asked last. */
    public Map<String, Integer> blobRequests() {
        return breadths.open();
    }

    Breadths breadths() {
        return breadths;
    }

    @Override
    public void close() {
        clients.close();
        tokenClients.close();
        names.close();
    }
}
